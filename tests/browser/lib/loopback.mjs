// What a browser must be able to do before it can tell anything of the server:
// take its fake devices and send itself sound and pictures over DTLS-SRTP.
import assert from 'node:assert/strict';
import http from 'node:http';

export async function servePage() {
  const server = http.createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>A page</title><video autoplay></video>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/* global navigator, RTCPeerConnection, document */
async function callOneself() {
  const sender = new RTCPeerConnection();
  const receiver = new RTCPeerConnection();
  sender.onicecandidate = ({ candidate }) => candidate && receiver.addIceCandidate(candidate);
  receiver.onicecandidate = ({ candidate }) => candidate && sender.addIceCandidate(candidate);
  receiver.ontrack = ({ streams }) => {
    document.querySelector('video').srcObject = streams[0];
  };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240 } });
  for (const track of stream.getTracks()) sender.addTrack(track, stream);
  await sender.setLocalDescription();
  await receiver.setRemoteDescription(sender.localDescription);
  await receiver.setLocalDescription();
  await sender.setRemoteDescription(receiver.localDescription);
  const found = { frames: 0, energy: 0, cipher: null, state: '' };
  for (let i = 0; i < 300 && !(found.state === 'connected' && found.frames > 10 && found.energy > 0 && found.cipher); i++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    found.state = receiver.connectionState;
    for (const stat of (await receiver.getStats()).values()) {
      if (stat.type === 'inbound-rtp' && stat.kind === 'video') found.frames = stat.framesDecoded;
      if (stat.type === 'inbound-rtp' && stat.kind === 'audio') found.energy = stat.totalAudioEnergy;
      if (stat.type === 'transport') found.cipher = stat.srtpCipher;
    }
  }
  for (const track of stream.getTracks()) track.stop();
  sender.close();
  receiver.close();
  return found;
}

export async function checkLoopback(browser, url) {
  const page = await browser.open(url);
  const found = await page.evaluate(callOneself);
  assert.equal(found.state, 'connected', JSON.stringify(found));
  assert.ok(found.frames > 10, JSON.stringify(found));
  assert.ok(found.energy > 0, JSON.stringify(found));
  assert.ok(found.cipher, JSON.stringify(found));
  assert.deepEqual(page.errors, []);
}
