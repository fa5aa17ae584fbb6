// Debian's Firefox ESR by WebDriver BiDi, with its fake camera and microphone.
import puppeteer from 'puppeteer-core';
import { again, PATIENCE } from './until.mjs';

const prefs = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  // No OpenH264 download, no other calls home.
  'media.gmp-manager.updateEnabled': false,
  'media.gmp-provider.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.safebrowsing.downloads.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

// The same as launchChromium() gives; pages are Puppeteer's.
export async function launchFirefox() {
  const browser = await again(() => puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    acceptInsecureCerts: true,
    extraPrefsFirefox: prefs,
    timeout: PATIENCE,
  }));
  return {
    name: 'firefox',
    async open(url, { width = 1280, height = 720, init, initOptions = {} } = {}) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage({ type: 'window' }); // a tab would hide the one before
      page.setDefaultTimeout(PATIENCE);
      page.errors = [];
      page.on('pageerror', (error) => page.errors.push(String(error.stack ?? error)));
      page.on('console', (message) => {
        if (message.type() === 'error') page.errors.push(message.text());
      });
      await page.setViewport({ width, height });
      if (init) await page.evaluateOnNewDocument(init, initOptions);
      await page.goto(url);
      return page;
    },
    close: () => browser.close(),
  };
}
