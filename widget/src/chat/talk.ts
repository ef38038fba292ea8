// One visitor's talk as this tab knows it: what was said, what waits to be sent, who is there.
// Draws nothing; tells `changed` when something did.
import { Failed, type House } from '../house';
import { Refused } from '../live';
import { passing } from '../post';
import { backoff, clean, clip, later, newKey } from '../text';
import type { ChatAgent, ChatState, Message, Said } from '../wire';
import { Lines } from './lines';
import { Outbox, type Letter } from './outbox';

const POLL_MS = 4000;
const TYPING_MS = 1000;
const GAP_MS = 300; // a push may overtake another by a little
const REFUSALS = 3; // of one letter by an answer that names no time to come back

export type Consent = ChatState['consent'];

export class Talk {
    conversation = '';
    state: ChatState['state'] = null;
    agent: ChatAgent | null = null;
    agentRead = 0;
    online: boolean;
    lines = new Lines();
    outbox: Outbox;
    typing = false; // the agent
    connected = false;
    /** Sent by another tab, not yet seen under its number. */
    passed: Letter[] = [];
    changed = () => {};

    private serverConsent: Consent = 'unasked';
    private open = false;
    private greeted = false; // `open` was sent for this opening
    private ended = false; // the end was shown: a new one begins only when asked for
    private mine: Letter[] = [];
    private page = { url: '', title: '', anchor: '' };
    private working = false;
    private again = false;
    private refusals = new Map<string, number>();
    private wait = 0;
    private gapTimer = 0;
    private gaps = 0; // attempts to fill the present one
    private workTimer = 0;
    private typingTimer = 0;
    private previewAt = 0;
    private previewTimer = 0;
    private preview = '';
    private pollTimer = 0;
    private readSent = 0;

    constructor(private house: House) {
        const { live, store } = house;
        this.online = house.settings().agents_online;
        this.outbox = new Outbox(store);
        this.mine = this.outbox.all();
        this.conversation = store.get('conv');
        house.resume = () => ({ conversation: this.conversation, since: this.lines.high });
        live.on('hello', (s: ChatState) => this.hello(s));
        live.on('down', () => this.set({ connected: false, typing: false }));
        live.on('dead', () => this.poll());
        live.on('message', (m: Message) => this.heard([m]));
        live.on('state', (s: any) => this.moved(s));
        live.on('agents', (a: { online: boolean }) => this.set({ online: a.online }));
        live.on('typing', (t: { on: boolean }) => this.agentTypes(t.on));
        addEventListener('storage', (e) => this.otherTab(e));
    }

    // ---- what the window asks

    /** The window opened. A conversation that ended before goes out of sight, unless `keep`. */
    begin(page: { url: string; title: string; anchor: string }, keep: boolean): void {
        this.open = true;
        this.page = page;
        this.greeted = false;
        this.ended = (keep || this.unread() > 0) && (this.state === 'closed' || this.state === null);
        if (this.state === 'closed' && !this.ended) this.forget('');
        if (this.connected) this.work();
        if (this.house.live.dead) this.poll();
        else this.house.live.retryNow();
    }

    hide(): void {
        this.open = false;
        this.ended = false;
        clearTimeout(this.pollTimer);
    }

    /** After the end: begin anew. */
    askAgain(): void {
        this.ended = false;
        this.greeted = false;
        if (this.state === 'closed') this.forget('');
        this.work();
        this.changed();
    }

    say(text: string): void {
        text = clip(clean(text).trim(), 8000);
        if (!text) return;
        this.mine.push(this.outbox.add(newKey(), text, Date.now()));
        this.preview = '';
        clearTimeout(this.previewTimer);
        this.changed();
        this.work();
    }

    retry(letter: Letter): void {
        this.refusals.delete(letter.key);
        this.outbox.put({ key: letter.key, text: letter.text, at: Date.now(), order: letter.order });
        this.mine = this.outbox.all();
        this.changed();
        this.work();
    }

    discard(letter: Letter): void {
        this.outbox.drop(letter.key);
        this.mine = this.outbox.all();
        this.changed();
    }

    /** What was chosen and is on its way counts as chosen. */
    get consent(): Consent {
        return this.chosen() || this.serverConsent;
    }

    choose(consent: 'granted' | 'refused' | 'withdrawn'): void {
        this.house.store.set('consent', this.conversation + ':' + consent);
        this.changed();
        this.work();
    }

    /** At most once a second, and nothing before the choice: until then nobody reads along. */
    typed(text: string): void {
        if (this.consent === 'unasked' || !this.conversation) return;
        this.preview = text;
        clearTimeout(this.previewTimer);
        const left = Math.max(0, this.previewAt + TYPING_MS - Date.now());
        this.previewTimer = window.setTimeout(() => {
            this.previewAt = Date.now();
            this.house.live.send('typing', { text: clip(clean(this.preview), 2000) });
        }, left);
    }

    /** The visitor sees everything up to the last line. */
    seen(): void {
        const number = this.lines.high;
        if (!this.conversation || number <= this.readSent) return;
        this.readSent = number;
        this.house.store.set('read', this.conversation + ':' + number);
        this.house.live.ask('read', { number }).catch((e) => {
            if (!(e instanceof Refused)) this.readSent = 0;
        });
    }

    async end(): Promise<void> {
        try {
            await this.house.live.ask('end', {});
            this.ended = true;
            this.set({ state: 'closed' });
        } catch (e) {
            this.changed();
        }
    }

    /** Written and not confirmed, oldest first. */
    pending(): Letter[] {
        return this.passed.concat(this.mine).filter((l) => !this.lines.has(l.key));
    }

    unread(): number {
        const [conversation, number] = this.house.store.get('read').split(':');
        return this.lines.after(conversation === this.conversation ? Number(number) : 0).length;
    }

    /** Something is going on that an invitation must not disturb. */
    busy(): boolean {
        return this.open || (this.conversation !== '' && this.state !== 'closed' && this.state !== null);
    }

    // ---- what the server says

    private hello(s: ChatState): void {
        if (!this.connected) this.greeted = false;
        this.wait = this.readSent = 0;
        this.apply(s);
        this.set({ connected: true });
        this.work();
    }

    private apply(s: ChatState): void {
        const id = s.conversation || '';
        if (id !== this.conversation) this.forget(id);
        if (id) this.house.store.set('conv', id);
        const live = this.state !== null && this.state !== 'closed';
        this.state = s.state;
        this.agent = s.agent;
        this.serverConsent = s.consent;
        this.agentRead = s.agent_read;
        this.online = s.agents_online;
        this.heard(s.messages, s.last_number);
        // A window that shows a conversation also shows its end; an old one is no beginning.
        if (s.state !== 'closed') this.ended = false;
        else if (this.open && (live || this.unread() > 0)) this.ended = true;
        else if (this.open && !this.ended) this.forget('');
    }

    private forget(id: string): void {
        this.conversation = id;
        this.lines = new Lines();
        this.state = null;
        this.agent = null;
        this.serverConsent = 'unasked';
        this.agentRead = this.readSent = 0;
        this.typing = false;
        // A choice made before the conversation had a number belongs to it.
        const choice = this.house.store.get('consent');
        if (id && choice.startsWith(':')) this.house.store.set('consent', id + choice);
    }

    private heard(messages: Message[], last = 0): void {
        if (!this.lines.merge(messages)) {
            this.forget('');
            return this.greet(0);
        }
        if (messages.some((m) => m.sender === 'agent')) this.typing = false;
        for (const letter of this.mine) if (this.lines.has(letter.key)) this.outbox.drop(letter.key);
        this.mine = this.mine.filter((l) => !this.lines.has(l.key));
        this.passed = this.passed.filter((l) => !this.lines.has(l.key));
        if (!this.lines.gap && last <= this.lines.high) this.gaps = 0;
        else this.greet(Math.min(30_000, GAP_MS * Math.pow(2, this.gaps++)));
        this.changed();
    }

    private greet(ms: number): void {
        clearTimeout(this.gapTimer);
        this.gapTimer = window.setTimeout(() => this.house.live.greet(), ms);
    }

    private moved(s: { conversation: string; state: ChatState['state']; agent: ChatAgent | null; agent_read: number; consent: Consent }): void {
        if (s.conversation !== this.conversation) {
            // Another tab began a new one; news of an older one is none.
            if (this.conversation && !later(s.conversation, this.conversation)) return;
            this.forget(s.conversation);
            this.greet(0);
        }
        if (s.state === 'closed' && this.state !== 'closed' && this.open) this.ended = true;
        this.serverConsent = s.consent;
        this.set({ state: s.state, agent: s.agent, agentRead: Math.max(this.agentRead, s.agent_read) });
    }

    private agentTypes(on: boolean): void {
        clearTimeout(this.typingTimer);
        if (on) this.typingTimer = window.setTimeout(() => this.set({ typing: false }), 8000);
        this.set({ typing: on });
    }

    private set(news: Partial<Talk>): void {
        Object.assign(this, news);
        this.changed();
    }

    // ---- what goes out: one thing after the other, oldest first

    private chosen(): '' | 'granted' | 'refused' | 'withdrawn' {
        const at = this.house.store.get('consent');
        const [conversation, choice] = at.split(':');
        return at && conversation === this.conversation ? (choice as 'granted') : '';
    }

    private async work(): Promise<void> {
        if (this.working) {
            this.again = true;
            return;
        }
        this.working = true;
        try {
            do {
                this.again = false;
                if (!this.connected) break; // nothing before hello: what is already there decides what to send
                await (this.house.live.ready ? this.bySocket() : this.house.live.dead && this.alone(() => this.byRequest()));
            } while (this.again);
        } catch (e) {
            // The line broke or the server is busy: hello, or this timer, starts us again.
            const seconds = e instanceof Refused || e instanceof Failed ? e.retryAfter : 0;
            clearTimeout(this.workTimer);
            this.workTimer = window.setTimeout(() => this.work(), Math.max(seconds * 1000, backoff(this.wait++)));
        }
        this.working = false;
    }

    private async bySocket(): Promise<void> {
        const { live } = this.house;
        const letter = this.outbox.next(Date.now());
        const over = !this.conversation || this.state === 'closed' || this.state === null;
        const talk = this.open && !this.ended && (this.online || (!over && this.state !== 'opened'));
        if ((talk && !this.greeted) || (letter && over)) {
            this.greeted = true;
            this.ended = false;
            const page = this.page.url ? this.page : this.here();
            this.apply(await live.ask<ChatState>('open', page));
        }
        const consent = this.chosen();
        if (consent && this.conversation) {
            try {
                if (consent !== this.serverConsent) await live.ask('consent', { consent });
                this.serverConsent = consent;
            } catch (e) {
                // Turned away for good: then it is not chosen, and the card says so.
                if (!(e instanceof Refused) || e.retryAfter) throw e;
            }
            this.house.store.drop('consent');
            this.changed();
        }
        await this.alone(() => this.flush((l) => live.ask<Said>('say', { key: l.key, text: l.text })));
    }

    private async byRequest(): Promise<void> {
        const { house } = this;
        await this.flush((l) => {
            const { visitor, visit } = house.ids();
            const page = this.page.url ? this.page : this.here();
            return house.call<Said>('/w/say', Object.assign({ site: house.site, visitor, visit, key: l.key, text: l.text, consent: this.consent }, page));
        });
    }

    private here() {
        return { url: clip(location.href, 4000), title: clip(clean(document.title), 1000), anchor: '' };
    }

    /** Only one tab sends at a time; without locks the key alone keeps a message single. */
    private async alone(send: () => Promise<void>): Promise<void> {
        if (!navigator.locks) return send();
        await navigator.locks.request(this.house.store.prefix + 'out', send);
    }

    private async flush(send: (l: Letter) => Promise<Said>): Promise<void> {
        for (;;) {
            const letter = this.outbox.next(Date.now());
            if (!letter || this.consent === 'unasked') return;
            try {
                const said = await send(letter);
                this.wait = 0;
                this.heard([{ number: said.number, key: letter.key, sender: 'visitor', agent_id: null, name: '', at: said.at, text: letter.text, erased: false }]);
                this.outbox.drop(letter.key);
                if (this.state === 'opened' || this.state === null) this.set({ state: 'waiting' });
            } catch (e) {
                if (!this.refusedForGood(e, letter)) throw e;
            }
        }
    }

    private refusedForGood(e: unknown, letter: Letter): boolean {
        const said = e instanceof Refused ? !e.retryAfter : !passing(e);
        if (!said) return false;
        const times = (this.refusals.get(letter.key) || 0) + 1;
        this.refusals.set(letter.key, times);
        if (times < REFUSALS) return false;
        letter.problem = (e as Error).message || 'refused';
        this.outbox.put(letter);
        this.mine = this.outbox.all();
        this.changed();
        return true;
    }

    /** Where sockets do not work: ask every few seconds while the window is open. */
    private async poll(): Promise<void> {
        clearTimeout(this.pollTimer);
        if (!this.open || !this.house.live.dead) return;
        const { site, ids, call } = this.house;
        try {
            const state = await call<ChatState>('/w/poll', {
                site, visitor: ids().visitor, since: this.conversation ? this.lines.high : 0, conversation: this.conversation,
            });
            if (this.house.live.ready) return;
            this.apply(state);
            this.set({ connected: true });
            this.work();
        } catch (e) {
            this.set({ connected: false });
        }
        this.pollTimer = window.setTimeout(() => this.poll(), POLL_MS);
    }

    // ---- other tabs of this visitor

    private otherTab(e: StorageEvent): void {
        const { prefix } = this.house.store;
        if (!e.key || !e.key.startsWith(prefix)) return;
        if (e.key.startsWith(prefix + 'out:')) {
            const left = this.outbox.all();
            const gone = this.mine.filter((l) => !left.some((o) => o.key === l.key));
            this.passed = this.passed.concat(gone);
            this.mine = left;
            // Its number comes by push. If it does not, read once more, and believe what is there.
            if (gone.length) {
                setTimeout(() => {
                    this.house.live.greet().then(() => {
                        this.passed = this.passed.filter((l) => gone.indexOf(l) < 0);
                        this.changed();
                    });
                }, 2000);
            }
        }
        this.changed();
        if (e.key.startsWith(prefix + 'out:') || e.key === prefix + 'consent') this.work();
    }
}
