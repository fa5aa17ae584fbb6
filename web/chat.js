/** The chat: messages, and the line to write one. */

import { dismiss, notice, showError } from './notice.js';
import { callWords } from './words.js';

const LINK = /https?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]]/g;
const SHOWN = 500;

/** Text with its links made links; nothing else in it means anything. */
function linked(text) {
  const parts = [];
  let end = 0;
  for (const { 0: url, index } of text.matchAll(LINK)) {
    const link = document.createElement('a');
    link.href = link.textContent = url;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    parts.push(text.slice(end, index), link);
    end = index + url.length;
  }
  return [...parts, text.slice(end)];
}

export class Chat {
  #plenum;
  #list = document.getElementById('messages');
  #text = document.getElementById('chat-text');
  #error = document.getElementById('chat-error');
  #to = document.getElementById('chat-to');
  #badge = document.getElementById('unread');
  #button = document.getElementById('chat');
  #recipient = null; // {participant, name}
  #unread = 0;
  #open = false;

  constructor(plenum) {
    this.#plenum = plenum;
    plenum.addEventListener('chat', ({ detail }) => this.#add(detail));
    document.getElementById('chat-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener('input', () => this.#grow());
    this.#to.querySelector('button').addEventListener('click', () => this.address(null));
  }

  /** Write to one participant from now on, or to all (null). */
  address(recipient) {
    this.#recipient = recipient;
    this.#to.hidden = !recipient;
    this.#to.querySelector('span').textContent = recipient ? `Only to ${recipient.name}` : '';
    this.#text.placeholder = recipient ? `Message ${recipient.name}` : 'Message everyone';
  }

  /** The pane is shown or not. */
  set open(open) {
    this.#open = open;
    if (!open) return;
    dismiss('chat');
    this.#count(0);
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#text.focus();
  }

  clear() {
    this.#list.replaceChildren();
    this.#count(0);
    this.address(null);
    showError(this.#error, null);
  }

  async #send() {
    const text = this.#text.value.trim();
    if (!text) return;
    try {
      await this.#plenum.chat(text, this.#recipient?.participant ?? null);
      if (this.#text.value.trim() === text) this.#text.value = '';
      showError(this.#error, null);
    } catch (error) {
      showError(this.#error, `Not sent. ${callWords(error)}`);
    }
    this.#grow();
  }

  #add({ id, time, from, name, text, to }) {
    const own = from === this.#plenum.participant;
    const item = document.createElement('li');
    item.className = 'message';
    Object.assign(item.dataset, { message: id, from, own });
    const header = document.createElement('header');
    const who = document.createElement('b');
    who.textContent = own ? 'You' : name;
    const when = document.createElement('time');
    when.dateTime = new Date(time).toISOString();
    when.textContent = new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    header.append(who, when);
    if (to !== undefined && to !== null) {
      const only = document.createElement('em');
      only.textContent = own ? `only to ${this.#plenum.roster.get(to)?.name ?? 'one'}` : 'only to you';
      header.append(only);
    }
    const body = document.createElement('p');
    body.append(...linked(text));
    item.append(header, body);
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 60;
    this.#list.append(item);
    while (this.#list.children.length > SHOWN) this.#list.firstElementChild.remove();
    if (atEnd || own) this.#list.scrollTop = this.#list.scrollHeight;
    if (this.#open || own) return;
    this.#count(this.#unread + 1);
    notice(`${name}: ${text.length > 120 ? `${text.slice(0, 120)}…` : text}`, 'chat');
  }

  #count(unread) {
    this.#unread = unread;
    this.#badge.hidden = unread === 0;
    this.#badge.textContent = unread > 99 ? '99+' : String(unread);
    this.#button.setAttribute('aria-label', unread ? `Chat, ${unread} unread` : 'Chat');
  }

  #grow() {
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight + 2}px`;
  }
}
