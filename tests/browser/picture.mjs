// Makes the README's picture: a call between drawn people, as one of them sees it.
//   cd tests/browser && sh namespace.sh node picture.mjs ../../web/picture.png
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { probe } from './lib/probe.mjs';

const people = [
  { name: 'Ines', wall: '#31435c', glow: '#5e7ea8', skin: '#e8b48f', hair: '#3b2417', shirt: '#d9674f' },
  { name: 'Tomasz', wall: '#3f3a4f', glow: '#8a76a8', skin: '#f0c8a8', hair: '#b98545', shirt: '#3d7a78', speaks: true },
  { name: 'Amara', wall: '#284941', glow: '#5fa08c', skin: '#8a5a3c', hair: '#191210', shirt: '#e3b04b' },
  { name: 'Kenji', wall: '#4a3b33', glow: '#b08a68', skin: '#e9bf98', hair: '#15151a', shirt: '#4d6fb0' },
  { name: 'Lena', wall: '#33404a', glow: '#7b97a8', skin: '#f3cfb3', hair: '#8c3b22', shirt: '#5a4a86' },
  { name: 'Omar', wall: '#47423a', glow: '#a39674', skin: '#b47d55', hair: '#221a15', shirt: '#7c9a52' },
];

// Runs in the page before its scripts: camera and microphone of someone who is drawn.
function impersonate(it) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: 1280, height: 720 });
  const g = canvas.getContext('2d');
  const oval = (x, y, rx, ry, color) => {
    g.fillStyle = color;
    g.beginPath();
    g.ellipse(x, y, rx, ry, 0, 0, 7);
    g.fill();
  };
  function draw() {
    const t = performance.now() / 1000;
    const sway = Math.sin(t * 0.9) * 10;
    const light = g.createRadialGradient(900, 160, 60, 760, 320, 900);
    light.addColorStop(0, it.glow);
    light.addColorStop(1, it.wall);
    g.fillStyle = light;
    g.fillRect(0, 0, 1280, 720);
    g.fillStyle = '#ffffff14';
    g.fillRect(90, 90, 250, 330);
    g.fillRect(104, 104, 222, 144);
    g.fillRect(104, 262, 222, 144);
    const x = 640 + sway;
    oval(x, 780, 330, 280, it.shirt);
    oval(x, 305, 168, 190, it.hair);
    g.fillStyle = it.skin;
    g.fillRect(x - 55, 430, 110, 120);
    oval(x, 345, 132, 162, it.skin);
    oval(x, 222, 140, 74, it.hair);
    for (const side of [-1, 1]) {
      oval(x + side * 52, 335, 13, 15, '#1c1a1a');
      oval(x + side * 52 + 4, 330, 4, 4, '#fff');
    }
    oval(x, 430, 34, it.speaks ? 8 + 8 * Math.abs(Math.sin(t * 6)) : 6, '#9c4a43');
  }
  setInterval(draw, 100);
  draw();
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    const stream = new MediaStream(video ? canvas.captureStream(10).getTracks() : []);
    if (!audio) return stream;
    const context = new AudioContext();
    const voice = context.createOscillator();
    const volume = context.createGain();
    const microphone = context.createMediaStreamDestination();
    volume.gain.value = it.speaks ? 0.4 : 0;
    voice.connect(volume).connect(microphone);
    voice.start();
    stream.addTrack(microphone.stream.getAudioTracks()[0]);
    return stream;
  };
}

const [to] = process.argv.slice(2);
const server = await startServer();
const browser = await launchChromium();
try {
  const call = [];
  for (const it of people) {
    const init = `(${probe})(); (${impersonate})(${JSON.stringify(it)})`;
    call.push(await Person.join(browser, server, 'Monday', it.name, { init, width: 1280, height: 760 }));
  }
  const [viewer, ...others] = call;
  for (const other of others) await viewer.sees(other);
  await others[1].say('The slides are in the room’s notes');
  await others[3].say('Thanks! Shall we begin?');
  await viewer.page.click('#chat');
  await viewer.page.waitForTimeout(6000); // for the layers to rise
  await viewer.page.screenshot({ path: to });
} finally {
  await browser.close();
  await server.kill();
}
