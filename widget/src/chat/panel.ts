// The window: draws what talk.ts knows, and hands on what the visitor does.
import { add, addStyle, fill, h, icon } from '../dom';
import type { ChatWindow, House } from '../house';
import { clean, clip } from '../text';
import type { Message } from '../wire';
import sheet from './chat.css';
import { emojiPicker } from './emoji';
import { Form } from './form';
import { Head } from './head';
import { Line, type LineView } from './line';
import { stale, type Letter } from './outbox';
import { Talk } from './talk';
import { WORDS } from './words';

const OFFLINE_MS = 2500; // a reconnect within that is nobody's business
const MAX_LENGTH = 2000;

/** A colleague's account may be called after the role itself. */
const named = (role: string, name: string) => (!name || name === role ? role : role + ' ' + name);

export class Panel implements ChatWindow {
    private talk: Talk;
    private head: Head;
    private form: Form | null = null;
    private net = h('div', { class: 'net', role: 'status' });
    private log = h('div', { class: 'log', role: 'log', 'aria-live': 'polite', tabindex: '0' });
    private newer = h('button', { class: 'newer', type: 'button', hidden: true, onclick: () => this.toEnd() });
    private body = h('div', { class: 'body' }, this.log);
    private intro = h('div', { class: 'm you' });
    private day = h('div', { class: 'note' });
    private consent = h('section', { class: 'consent', tabindex: '-1' });
    private stateLine = h('div', { class: 'note' });
    private typing = h('div', { class: 'm you typing', hidden: true });
    private input = h('textarea', { rows: '1', maxlength: String(MAX_LENGTH), id: 'ly-input', enterkeyhint: 'send',
        oninput: () => this.typed(), onkeydown: (e: KeyboardEvent) => this.key(e),
        oncompositionstart: () => (this.composing = true),
        oncompositionend: () => setTimeout(() => (this.composing = false)) });
    private preview = h('small');
    private emoji = emojiPicker((e) => this.insert(e));
    private smile = h('button', { class: 'x', type: 'button', 'aria-expanded': 'false', onclick: () => this.showEmoji(this.emoji.hidden) },
        icon('M10 3.5a6.5 6.5 0 110 13 6.5 6.5 0 010-13zM7.3 11.8c1.4 1.7 4 1.7 5.4 0M7.8 8.3h.1M12.2 8.3h.1'));
    private go = h('button', { class: 'x go', type: 'button', onclick: () => this.send() }, icon('M3.5 10L16.5 4l-4 12.5-3-5z'));
    private say = h('footer', { class: 'say' }, this.preview, this.emoji,
        h('div', { class: 'line' }, this.smile, this.input, this.go));
    private over = h('footer', { class: 'say' });
    private el = h('section', { class: 'panel', role: 'dialog', 'aria-labelledby': 'ly-title', hidden: true,
        onkeydown: (e: KeyboardEvent) => e.key === 'Escape' && this.escape(e) });
    private lines = new Map<string, Line>();
    private drawn = false;
    private composing = false;
    private shown = ''; // language and consent of what is drawn once only
    private atEnd = true;
    private seenCount = 0;
    private greeted = false; // the server was heard at least once
    private offlineTimer = 0;
    private wantsTalk = false; // turned from the form to the chat
    private page = { url: '', title: '', anchor: '' };

    constructor(private house: House) {
        addStyle(house.root, sheet);
        this.talk = new Talk(house);
        this.head = new Head({
            close: () => this.close(),
            bigger: () => this.bigger(),
            language: () => this.language(),
            end: () => this.talk.end(),
            withdraw: () => this.talk.choose('withdrawn'),
            privacy: () => this.privacyUrl(),
        });
        add(this.body, [this.newer]);
        add(this.el, [this.head.el, this.net, this.body, this.say, this.over]);
        this.el.addEventListener('click', (e) => this.head.dismiss(e));
        this.log.addEventListener('scroll', () => {
            this.atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60;
            if (this.atEnd) this.newer.hidden = true;
        });
        house.root.appendChild(this.el);
        this.talk.changed = () => this.draw();
        document.addEventListener('visibilitychange', () => this.draw());
        const view = window.visualViewport;
        if (view) view.addEventListener('resize', () => this.fit(view));
        if (view) view.addEventListener('scroll', () => this.fit(view));
        if (house.live.ready) house.live.greet(); // the hello before this file came went by unheard
        this.draw();
    }

    // ---- for the core

    isOpen = () => !this.el.hidden;
    talking = () => this.talk.busy();

    open(anchor: string, focus: boolean): void {
        if (this.isOpen()) return this.focus();
        this.page = { url: clip(location.href, 4000), title: clip(clean(document.title), 1000), anchor };
        this.el.hidden = false;
        this.wantsTalk = false;
        this.atEnd = true;
        this.el.classList.toggle('big', !!this.house.store.get('big'));
        this.input.value = this.house.tab.get('draft');
        this.house.shown(true);
        this.talk.begin(this.page, !focus);
        this.draw();
        if (focus) this.focus();
    }

    close(): void {
        if (!this.isOpen()) return;
        this.el.hidden = true;
        if (this.form && this.form.finished) this.drawForm(false); // what was left is a talk from now on
        this.showEmoji(false);
        this.talk.hide();
        this.house.shown(false);
        this.draw();
    }

    // ---- what the visitor does

    /** On a phone the keyboard would cover the greeting before it is read. */
    private focus(): void {
        if (this.form) this.form.touched || matchMedia('(pointer: coarse)').matches ? this.head.focus() : this.form.focus();
        else if (matchMedia('(pointer: coarse)').matches || this.say.hidden) this.head.focus();
        else this.input.focus();
    }

    private escape(e: Event): void {
        if (this.composing) return;
        e.stopPropagation();
        if (!this.emoji.hidden) {
            this.showEmoji(false);
            this.smile.focus();
        } else if (!this.head.escape()) this.close();
    }

    private key(e: KeyboardEvent): void {
        // While an input method is at work, Enter belongs to it (229: browsers that say so only there).
        if (e.key !== 'Enter' || e.shiftKey || e.isComposing || this.composing || e.keyCode === 229) return;
        e.preventDefault();
        this.send();
    }

    private send(): void {
        const text = this.input.value;
        if (!text.trim()) return this.input.focus();
        this.input.value = '';
        this.showEmoji(false);
        this.atEnd = true;
        this.house.tab.drop('draft');
        this.talk.say(text);
        this.grow();
        if (this.talk.consent === 'unasked') {
            this.consent.scrollIntoView({ block: 'nearest' });
            this.consent.focus({ preventScroll: true });
        } else this.input.focus();
    }

    private typed(): void {
        this.house.tab.set('draft', this.input.value);
        this.talk.typed(this.input.value);
        this.grow();
    }

    private insert(emoji: string): void {
        const { selectionStart: from, selectionEnd: to, value } = this.input;
        if (value.length + emoji.length > MAX_LENGTH) return;
        this.input.value = value.slice(0, from) + emoji + value.slice(to);
        this.input.selectionStart = this.input.selectionEnd = from + emoji.length;
        this.typed();
    }

    private grow(): void {
        const end = this.atEnd; // the log gets shorter under the reader
        this.go.classList.toggle('on', !!this.input.value.trim());
        this.input.style.height = 'auto';
        this.input.style.height = this.input.value ? Math.min(120, this.input.scrollHeight + 2) + 'px' : '';
        if (end) this.toEnd();
    }

    private showEmoji(open: boolean): void {
        const end = this.atEnd;
        this.emoji.hidden = !open;
        this.smile.setAttribute('aria-expanded', String(open));
        if (end) this.toEnd();
    }

    private bigger(): void {
        const big = this.el.classList.toggle('big');
        if (big) this.house.store.set('big', '1');
        else this.house.store.drop('big');
        this.draw();
    }

    private language(): void {
        this.house.setLang(this.house.lang() === 'zh' ? 'en' : 'zh');
        this.draw();
    }

    private toEnd(): void {
        this.log.scrollTop = this.log.scrollHeight;
        this.newer.hidden = true;
    }

    /** On phones the keyboard takes room that fixed elements do not know of. */
    private fit(view: VisualViewport): void {
        if (!this.isOpen()) return;
        const covered = innerHeight - view.height > 80 && innerWidth <= 640;
        this.el.style.height = covered ? view.height + 'px' : '';
        this.el.style.top = covered ? view.offsetTop + 'px' : '';
        this.el.style.bottom = covered ? 'auto' : '';
        if (this.atEnd) this.toEnd();
    }

    // ---- what is drawn

    private get w() {
        return WORDS[this.house.lang()];
    }

    /** A text of the site in the visitor's language, else in the other, else ours. */
    private text(name: 'greeting' | 'purpose' | 'hours' | 'emergency', ours: string): string {
        const s = this.house.settings();
        return this.house.lang() === 'zh' ? s[`${name}_zh`] || ours : s[`${name}_en`] || ours;
    }

    private privacyUrl(): string {
        const url = this.house.settings().privacy_url;
        return /^(https?:\/\/|\/(?!\/))/i.test(url) ? url : '';
    }

    private privacyLink(text: string): Node | null {
        const url = this.privacyUrl();
        return url ? h('a', { href: url, target: '_blank', rel: 'noopener' }, text) : null;
    }

    private draw(): void {
        if (this.drawn) return;
        this.drawn = true; // many changes of one moment are drawn once
        Promise.resolve().then(() => {
            this.drawn = false;
            this.drawNow();
        });
    }

    private drawNow(): void {
        const { talk } = this;
        const reading = this.isOpen() && document.visibilityState !== 'hidden';
        this.greeted = this.greeted || talk.connected;
        if (reading && talk.connected) talk.seen();
        this.house.unread(reading ? 0 : talk.unread());
        if (!this.isOpen()) return;
        this.el.lang = this.house.lang() === 'zh' ? 'zh-CN' : 'en';
        const closed = talk.state === 'closed';
        const fresh = talk.state === null || talk.state === 'opened' || (closed && !talk.lines.high);
        const thanks = !!this.form && this.form.finished && talk.state !== 'active';
        const touched = !!this.form && this.form.touched;
        const form = !this.wantsTalk && (thanks || (fresh && !talk.pending().length && (!talk.online || touched)));
        this.drawForm(form);
        this.drawHead(closed, form);
        this.drawNet();
        this.log.hidden = form;
        this.say.hidden = form || closed;
        this.over.hidden = form || !closed;
        if (form) return;
        this.drawOnce();
        this.drawConsent();
        this.drawLines();
        if (this.atEnd) this.toEnd();
    }

    private drawForm(wanted: boolean): void {
        if (!wanted) {
            if (this.form) this.form.el.remove();
            this.form = null;
            return;
        }
        if (!this.form) {
            this.form = new Form(this.house, {
                words: () => this.w,
                hours: () => this.text('hours', ''),
                emergency: () => this.text('emergency', this.w.emergency),
                privacy: () => this.privacyLink(this.w.privacyShort),
                page: () => this.page,
                talk: () => {
                    this.wantsTalk = true;
                    this.talk.begin(this.page, false);
                    this.draw();
                },
                close: () => this.close(),
            });
            this.body.appendChild(this.form.el);
            this.form.el.setAttribute('lang', this.house.lang());
        }
        if (this.form.el.getAttribute('lang') !== this.house.lang()) {
            this.form.el.setAttribute('lang', this.house.lang());
            this.form.build();
        }
        this.form.agents(this.talk.online);
    }

    private drawHead(closed: boolean, form: boolean): void {
        const { talk, w } = this;
        const sep = this.house.lang() === 'zh' ? '·' : ', ';
        const who = form || (!talk.online && !talk.agent) ? w.nobody
            : closed ? w.over
            : talk.agent ? [named(w.roles[talk.agent.role], talk.agent.name), w.notDoctor, talk.state === 'active' && talk.online ? w.online : '']
                .filter(Boolean).join(sep)
            : talk.state === 'waiting' ? w.waiting + sep + w.notDoctor : w.anyone;
        this.head.show({
            title: this.house.settings().institution,
            who,
            big: this.el.classList.contains('big'),
            talking: talk.state === 'waiting' || talk.state === 'active',
            granted: talk.consent === 'granted',
        }, w);
    }

    private drawNet(): void {
        clearTimeout(this.offlineTimer);
        const show = () => {
            const text = this.talk.connected ? '' : '▲ ' + this.w.offline;
            if (this.net.textContent === text) return;
            this.net.textContent = text;
            this.draw();
        };
        if (this.talk.connected || this.net.textContent || navigator.onLine === false) show();
        else this.offlineTimer = window.setTimeout(show, OFFLINE_MS);
    }

    /** What depends on the language alone. */
    private drawOnce(): void {
        const { w } = this;
        const agent = this.talk.agent;
        const who = agent ? named(w.roles[agent.role], agent.name) : this.house.settings().institution || w.here;
        const now = [this.house.lang(), who].join();
        if (now === this.shown) return;
        this.shown = now;
        const institution = this.house.settings().institution;
        fill(this.intro, h('small', {}, institution || w.here), h('p', {}, this.text('greeting', w.greeting(institution))));
        this.day.textContent = this.text('emergency', w.emergency);
        fill(this.typing, h('small', {}, who + ' ' + w.typing), h('p', { 'aria-hidden': 'true' }, h('i'), h('i'), h('i')));
        this.preview.textContent = w.preview;
        this.input.placeholder = w.write;
        this.input.setAttribute('aria-label', w.write);
        this.smile.setAttribute('aria-label', w.emoji);
        this.emoji.setAttribute('aria-label', w.emoji);
        this.go.setAttribute('aria-label', w.send);
        this.log.setAttribute('aria-label', w.log);
        this.newer.textContent = '↓ ' + w.newer;
        fill(this.over, h('small', { role: 'status' }, w.ended), h('div', { class: 'two' },
            h('button', { class: 'btn', type: 'button', onclick: () => (this.talk.askAgain(), this.focus()) }, w.again),
            h('button', { class: 'btn', type: 'button', onclick: () => this.close() }, w.hide)));
    }

    private drawConsent(): void {
        const { talk, w } = this;
        const { consent } = talk;
        const held = consent === 'unasked' && talk.pending().length > 0;
        // Not before hello, which may say that the choice was made, unless there is no line to say it.
        const known = talk.connected || this.greeted || !!this.net.textContent;
        this.consent.hidden = consent !== 'unasked' || talk.state === 'closed' || !known;
        this.stateLine.hidden = consent === 'unasked';
        const now = [this.house.lang(), consent, held].join();
        if (now === this.consent.dataset.shown) return;
        this.consent.dataset.shown = now;
        this.consent.classList.toggle('held', held);
        const choice = (text: string, c: 'granted' | 'refused') =>
            h('button', { class: 'btn', type: 'button', onclick: () => {
                talk.choose(c);
                this.focus();
            } }, text);
        const row = (term: string, text: string) => [h('dt', {}, term), h('dd', {}, text)];
        this.consent.setAttribute('aria-label', w.consentTitle);
        fill(this.consent,
            h('h3', {}, icon('M10 3l5.5 2v4.5c0 3.6-2.2 6-5.5 7.5-3.3-1.5-5.5-3.9-5.5-7.5V5z'), w.consentTitle),
            h('dl', {}, ...row(w.what, this.text('purpose', w.purpose)), ...row(w.who, w.whoSees),
                ...row(w.long, w.days(this.house.settings().retention_days))),
            held && h('p', { class: 'due', role: 'status' }, '▲ ' + w.held),
            h('div', { class: 'two' }, choice(w.yes, 'granted'), choice(w.no, 'refused')),
            h('p', { class: 'small' }, w.noMeans + ' ', this.privacyLink(w.privacy)));
        if (consent === 'granted') {
            fill(this.stateLine, w.granted + ' · ', h('button', { class: 'link', type: 'button',
                onclick: () => talk.choose('withdrawn') }, w.withdraw));
        } else if (consent !== 'unasked') this.stateLine.textContent = w[consent];
    }

    private drawLines(): void {
        const { talk, w } = this;
        const messages = talk.lines.all();
        const letters = talk.pending();
        const nothing = messages.length > 0 && messages.every((m) => m.erased);
        const views = (nothing ? [this.nothingKept()] : messages.map((m) => this.ofMessage(m)))
            .concat(letters.map((l) => this.ofLetter(l)));
        const gone = new Set(this.lines.keys());
        const acts = {
            retry: (id: string) => letters.filter((l) => l.key === id).forEach((l) => talk.retry(l)),
            discard: (id: string) => letters.filter((l) => l.key === id).forEach((l) => talk.discard(l)),
        };
        const elements: Element[] = [this.day, this.intro];
        // The choice stands where it is asked for: after the greeting, before anything is kept.
        elements.push(this.consent, this.stateLine);
        for (const v of views) {
            gone.delete(v.id);
            const line = this.lines.get(v.id) || new Line(v, w, acts);
            line.show(v, w, acts);
            this.lines.set(v.id, line);
            elements.push(line.el);
        }
        gone.forEach((id) => this.lines.delete(id));
        this.typing.hidden = !talk.typing || talk.state === 'closed';
        elements.push(this.typing);
        this.place(elements);
        const theirs = messages.filter((m) => m.sender === 'agent').length;
        if (theirs > this.seenCount && !this.atEnd) this.newer.hidden = false;
        this.seenCount = theirs;
    }

    /** Moves only what is not where it belongs. */
    private place(elements: Element[]): void {
        let at: Element | null = this.log.firstElementChild;
        for (const el of elements) {
            if (el === at) at = at.nextElementSibling;
            else this.log.insertBefore(el, at);
        }
        while (at) {
            const next: Element | null = at.nextElementSibling;
            at.remove();
            at = next;
        }
    }

    private nothingKept(): LineView {
        return { id: 'nothing', side: 'note', who: '', text: this.w.erasedAll, time: '', mark: '', problem: '' };
    }

    private ofMessage(m: Message): LineView {
        const { w } = this;
        const { agent } = this.talk;
        const mine = m.sender === 'visitor';
        const role = agent && m.agent_id === agent.id ? w.roles[agent.role] : w.roles.agent;
        return {
            id: mine ? m.key : 'n' + this.talk.conversation + '.' + m.number,
            side: mine ? 'me' : m.sender === 'agent' ? 'you' : 'note',
            who: named(role, m.name),
            text: m.erased ? w.erased : m.text,
            time: this.time(m.at),
            mark: !mine ? '' : m.number <= this.talk.agentRead ? 'read' : 'delivered',
            problem: '',
        };
    }

    private ofLetter(l: Letter): LineView {
        const problem = l.problem || (stale(l, Date.now()) ? this.w.old : '');
        return { id: l.key, side: 'me', who: '', text: l.text, time: '', mark: problem ? 'failed' : 'pending',
            problem: problem === 'refused' ? this.w.failed : problem };
    }

    /** The time of day; before today with its date. */
    private time(at: string): string {
        const d = new Date(at);
        if (isNaN(d.getTime())) return '';
        const two = (n: number) => (n < 10 ? '0' : '') + n;
        const clock = two(d.getHours()) + ':' + two(d.getMinutes());
        return d.toDateString() === new Date().toDateString() ? clock : two(d.getMonth() + 1) + '-' + two(d.getDate()) + ' ' + clock;
    }
}
