// Debian's Chromium with its fake camera and microphone.
import { chromium } from 'playwright-core';
import { launcher } from './link.mjs';
import { again, PATIENCE } from './until.mjs';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  '--use-fake-ui-for-media-stream',
];

// A browser with open(url, options), which gives a page in a context of its own
// (as another person's browser), and close(). init: a function, or its text, that runs in the
// page before its own scripts; a function is given initOptions. fps: of the camera. loopback: whether
// it also looks for a path for media from 127.0.0.1 and ::1. link: at whose other end it is to be (see link.mjs).
export async function launchChromium({ fps = 10, loopback = true, link } = {}) {
  const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await again(() => chromium.launch({
    executablePath: link ? launcher(link, program) : program,
    args: [
      ...flags,
      `--use-fake-device-for-media-stream=fps=${fps}`,
      ...(loopback ? ['--allow-loopback-in-peer-connection'] : []),
    ],
  }));
  return {
    name: 'chromium',
    async open(url, { width = 1280, height = 720, init, initOptions = {}, ...options } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        ignoreHTTPSErrors: true,
        ...options,
      });
      context.setDefaultTimeout(PATIENCE);
      const page = await context.newPage();
      page.errors = [];
      page.on('pageerror', (error) => page.errors.push(String(error.stack ?? error)));
      page.on('console', (message) => {
        if (message.type() === 'error') page.errors.push(message.text());
      });
      if (init) await page.addInitScript(init, typeof init === 'string' ? undefined : initOptions);
      await page.goto(url);
      return page;
    },
    close: () => browser.close(),
  };
}
