// The console: asks the service twice a second and shows what it says.
import { Call } from '/console/join.js';
import { Plot } from '/console/plots.js';

const PERIOD_MS = 500;
const SHOWN_EVENTS = 200;
const find = (selector) => document.querySelector(selector);
const cards = new Map(); // by meeting id
let lastEvent = 0;
let canJoin = false;
let call = null;

function element(tag, className, text = '') {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function button(text, className, act) {
  const made = element('button', className, text);
  made.type = 'button';
  made.addEventListener('click', () => attempt(act));
  return made;
}

async function attempt(act) {
  const problem = find('#problem');
  try {
    await act();
    problem.hidden = true;
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

async function request(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await answer.text();
  const document = text ? JSON.parse(text) : {};
  if (!answer.ok) throw new Error(document.Message || `${method} ${path}: ${answer.status}`);
  return document;
}

// Where a page is not served securely there is no randomUUID.
const token = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

async function newAttendee(meetingId, name) {
  const meeting = await request('GET', `/meetings/${meetingId}`);
  const attendee = await request('POST', `/meetings/${meetingId}/attendees`, { ExternalUserId: `${name}-${token().slice(0, 6)}` });
  return { meeting, attendee };
}

async function showBodies(meetingId) {
  const bodies = await newAttendee(meetingId, 'guest');
  find('#meeting-body').value = JSON.stringify(bodies.meeting, null, 2);
  find('#attendee-body').value = JSON.stringify(bodies.attendee, null, 2);
  find('#bodies').showModal();
}

async function join(meetingId) {
  if (!canJoin) {
    throw new Error('This service was built without amazon-chime-sdk-js, so the page cannot join: '
      + 'install npm and run `make page`, then reload.');
  }
  if (call) await call.leave();
  const bodies = await newAttendee(meetingId, 'page');
  call = new Call(find('#call'), () => { call = null; });
  await call.join(bodies.meeting, bodies.attendee);
}

const hundredths = (value) => (100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0);
const percent = (value) => `${hundredths(value)} %`;
const counted = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;

function bitrates(first, second = 0) {
  if (Math.max(first, second) < 1000) return `${first.toFixed(0)} / ${second.toFixed(0)} kb/s`;
  return `${(first / 1000).toFixed(1)} / ${(second / 1000).toFixed(1)} Mb/s`;
}

class AttendeeRow {
  constructor() {
    this.root = element('details', 'attendee');
    const summary = element('summary');
    const who = element('div');
    this.name = element('div', 'name');
    this.state = element('div', 'state');
    who.append(this.name, this.state);
    const meter = element('div', 'meter');
    meter.setAttribute('aria-hidden', 'true');
    this.bar = element('div');
    meter.append(this.bar);
    this.loss = new Plot('loss in, out', 0.05, (a, b = 0) => `${hundredths(a)} / ${hundredths(b)} %`);
    this.delay = new Plot('jitter buffer', 60, (a) => `${a.toFixed(0)} ms`);
    this.rate = new Plot('rate in, out', 50, bitrates);
    summary.append(who, meter, this.loss.element, this.delay.element, this.rate.element);
    this.details = element('dl');
    this.root.append(summary, this.details);
    this.before = null;
  }

  update(attendee, nowMs) {
    this.root.classList.toggle('absent', !attendee.present);
    this.root.classList.toggle('speaking', attendee.speaking);
    this.name.textContent = attendee.user;
    this.name.title = attendee.user;
    this.state.textContent = !attendee.present ? 'not connected'
      : [attendee.speaking ? 'speaking' : attendee.muted ? 'muted' : 'silent', attendee.content ? 'shares content' : '']
        .filter(Boolean).join(', ');
    const level = attendee.level ?? 127;
    this.bar.style.width = `${attendee.present && !attendee.muted ? Math.max(0, Math.min(100, ((60 - level) / 50) * 100)) : 0}%`;
    this.plot(attendee.media, nowMs);
    this.detail(attendee);
  }

  plot(media, nowMs) {
    if (!media) {
      for (const plot of [this.loss, this.delay, this.rate]) plot.add(null);
      this.before = null;
      return;
    }
    const now = { ms: nowMs, received: media.in.packets_received, lost: media.in.packets_lost, bytesIn: media.bytes_received, bytesOut: media.bytes_sent };
    const before = this.before;
    this.before = now;
    this.delay.add(media.in.current_delay_ms);
    if (!before || now.ms <= before.ms) return;
    const lost = Math.max(0, now.lost - before.lost);
    const all = lost + Math.max(0, now.received - before.received);
    this.loss.add(all ? lost / all : 0, media.loss_out ?? 0);
    const kbps = (octets) => (8 * Math.max(0, octets)) / (now.ms - before.ms);
    this.rate.add(kbps(now.bytesIn - before.bytesIn), kbps(now.bytesOut - before.bytesOut));
  }

  detail({ id, capabilities, strength, level, media }) {
    if (!this.root.open) return;
    const may = Object.entries(capabilities).map(([medium, value]) => `${medium} ${value}`).join(', ');
    const rows = [['Attendee id', id], ['Capabilities', may]];
    if (media) {
      const inbound = media.in;
      const concealed = inbound.total_samples_received ? inbound.concealed_samples / inbound.total_samples_received : 0;
      rows.push(
        ['Level', level === null || level === undefined ? 'silent' : `-${level} dBov`],
        ['Signal', ['none', 'weak', 'good'][strength] ?? 'not known yet'],
        ['Round trip', media.round_trip_ms === null ? 'not known yet' : `${media.round_trip_ms.toFixed(0)} ms`],
        ['Delay, wanted', `${inbound.current_delay_ms.toFixed(0)} ms, ${inbound.target_delay_ms.toFixed(0)} ms`],
        ['Made up', percent(concealed)],
        ['Lost in all', `${inbound.packets_lost} of ${inbound.packets_received + inbound.packets_lost}`],
        ['Redundancy', media.red ? `RED, ${media.out.copy_offsets.length} copies` : 'none agreed'],
        ['Frames, shared', `${media.out.frames_encoded}, ${media.out.frames_shared}`],
        ['Route', media.pair ? `${media.pair.local.join(':')} ↔ ${media.pair.remote.join(':')}` : 'none'],
      );
    }
    this.details.replaceChildren(...rows.flatMap(([name, value]) => {
      const group = element('div');
      group.append(element('dt', '', name), element('dd', '', value));
      return [group];
    }));
  }
}

class MeetingCard {
  constructor(id) {
    this.root = element('article', 'meeting');
    const head = element('header');
    const title = element('div');
    this.title = element('h3');
    this.about = element('div', 'soft');
    title.append(this.title, this.about, element('div', 'id soft', id));
    const actions = element('div', 'actions');
    actions.append(
      button('Join from here', 'first', () => join(id)),
      button('Bodies for a client', '', () => showBodies(id)),
      button('End', 'danger', () => request('DELETE', `/meetings/${id}`)),
    );
    head.append(title, actions);
    this.list = element('div');
    this.root.append(head, this.list);
    this.rows = new Map();
  }

  update(meeting, nowMs) {
    this.title.textContent = meeting.external_id;
    const present = meeting.attendees.filter((attendee) => attendee.present).length;
    const about = [`${present} of ${meeting.attendees.length} connected`, meeting.region, `${Math.floor(meeting.age_s / 60)} min old`];
    if (meeting.mixer) about.push(`${counted(meeting.mixer.encodes, 'encode')} for ${counted(meeting.mixer.listeners, 'listener')}`);
    if (meeting.transcribes) about.push('transcribed');
    if (meeting.primary_id) about.push('replica');
    this.about.textContent = about.join(' · ');
    const sorted = [...meeting.attendees].sort((a, b) => Number(b.present) - Number(a.present));
    keep(this.rows, this.list, sorted, (row) => row.id, () => new AttendeeRow(), (row, attendee) => row.update(attendee, nowMs));
  }
}

// One child for each item, in their order; those that are there stay the same elements.
function keep(known, parent, items, key, make, update) {
  const wanted = new Set(items.map(key));
  for (const [id, card] of known) {
    if (!wanted.has(id)) {
      card.root.remove();
      known.delete(id);
    }
  }
  items.forEach((item, index) => {
    const id = key(item);
    if (!known.has(id)) known.set(id, make(item));
    const card = known.get(id);
    if (parent.children[index] !== card.root) parent.insertBefore(card.root, parent.children[index] ?? null);
    update(card, item);
  });
}

function showEvent(event) {
  const line = element('li');
  const time = element('time', '', new Date(event.timestamp).toLocaleTimeString());
  const what = event.eventType.replace('chime:', '').replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  line.append(time, `${what}: ${event.externalUserId ?? event.externalMeetingId}`);
  const list = find('#events');
  list.prepend(line);
  while (list.children.length > SHOWN_EVENTS) list.lastChild.remove();
}

function show(status) {
  canJoin = status.can_join;
  const service = status.service;
  find('#service').textContent = `${counted(service.chime_meetings, 'meeting')}, ${service.chime_attendees_present} connected, `
    + `${service.chime_ticks_late_total} of ${service.chime_ticks_total} ticks late`;
  find('#empty').hidden = status.meetings.length > 0;
  keep(cards, find('#meetings'), status.meetings, (meeting) => meeting.id, (meeting) => new MeetingCard(meeting.id),
    (card, meeting) => card.update(meeting, status.now_ms));
  for (const event of status.events) {
    lastEvent = Math.max(lastEvent, event.number);
    showEvent(event);
  }
}

async function poll() {
  try {
    const answer = await fetch(`/console/status?after=${lastEvent}`);
    if (!answer.ok) throw new Error(`${answer.status}`);
    show(await answer.json());
  } catch {
    find('#service').textContent = 'the service does not answer; trying again …';
    lastEvent = 0;
  }
  setTimeout(poll, PERIOD_MS);
}

find('#create').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = new FormData(event.target).get('name');
  attempt(() => request('POST', '/meetings', { ClientRequestToken: token(), MediaRegion: 'us-east-1', ExternalMeetingId: name }));
});
for (const copy of document.querySelectorAll('[data-copy]')) {
  copy.addEventListener('click', async () => {
    const area = find(`#${copy.dataset.copy}-body`);
    area.select();
    if (navigator.clipboard) await navigator.clipboard.writeText(area.value);
    else document.execCommand('copy'); // where a page is not served securely
    copy.textContent = 'Copied';
  });
}
poll();
