// The message one leaves when nobody is there.
import { add, fill, h } from '../dom';
import { Failed, type House } from '../house';
import { clean, clip, newKey } from '../text';
import type { LeftMessage, Said } from '../wire';
import { phoneFault } from './phone';
import type { Words } from './words';

interface Parts {
    words: () => Words;
    hours: () => string;
    emergency: () => string;
    privacy: () => Node | null;
    page: () => { url: string; title: string; anchor: string };
    talk: () => void; // the visitor prefers to talk: an agent came, or there is more to say
    close: () => void;
}

export class Form {
    readonly el = h('form', { class: 'form', novalidate: true, onsubmit: (e: Event) => this.submit(e) });
    private phone = h('input', { id: 'ly-phone', type: 'tel', autocomplete: 'tel', maxlength: '40', 'aria-describedby': 'ly-phone-bad',
        oninput: () => this.bad.textContent && this.check(), onblur: () => this.phone.value && this.check() });
    private bad = h('small', { class: 'bad', id: 'ly-phone-bad', role: 'alert' });
    private name = h('input', { id: 'ly-name', type: 'text', autocomplete: 'name', maxlength: '26' });
    private question = h('textarea', { id: 'ly-question', rows: '2', maxlength: '1300' });
    private consent = h('input', { type: 'checkbox', 'aria-describedby': 'ly-agree-bad', onchange: () => this.agreed(false) });
    private disagrees = h('small', { class: 'bad', id: 'ly-agree-bad', role: 'alert' });
    private result = h('p', { class: 'bad', role: 'alert' });
    private back = h('div', { class: 'back', role: 'status', hidden: true });
    private time = -1;
    private sending = false;
    private sent = false;
    private online = false;
    private key = newKey(); // the same until it arrived: pressing twice leaves one message

    constructor(
        private house: House,
        private parts: Parts,
    ) {
        this.build();
    }

    /** On its way or arrived: the push that it made a conversation must not take the thanks away. */
    get finished(): boolean {
        return this.sending || this.sent;
    }

    /** Something is written that must not vanish under the visitor's hands. */
    get touched(): boolean {
        return this.sent || !!(this.phone.value || this.name.value || this.question.value);
    }

    agents(online: boolean): void {
        this.online = online;
        this.back.hidden = !online;
    }

    focus(): void {
        this.phone.focus();
    }

    build(): void {
        const w = this.parts.words();
        if (this.sent) return this.thanks(w);
        const field = (label: string, input: HTMLElement, optional: boolean, ...more: Node[]) =>
            h('div', { class: 'field' },
                h('label', { for: input.id }, label, optional && h('em', {}, w.optional)), input, ...more);
        this.name.placeholder = w.namePh;
        this.question.placeholder = w.questionPh;
        fill(this.back, w.agentBack + ' ',
            h('button', { class: 'link', type: 'button', onclick: () => this.parts.talk() }, w.talkNow));
        fill(this.el,
            this.back,
            h('p', { class: 'lead' }, w.formLead(this.parts.hours())),
            field(w.phone, this.phone, false, this.bad),
            field(w.name, this.name, true),
            h('fieldset', { class: 'field' },
                h('legend', {}, w.time, h('em', {}, w.optional)), this.times(w)),
            field(w.question, this.question, true),
            h('div', { class: 'agree' },
                h('label', {}, this.consent, h('span', {}, w.agree(this.house.settings().retention_days))),
                this.disagrees, h('small', {}, this.parts.privacy())),
            h('p', { class: 'tiny' }, this.parts.emergency()),
            h('div', { class: 'go-on' }, this.result, h('button', { class: 'btn main big', type: 'submit' }, w.submit)));
        this.agents(this.online);
        if (this.bad.textContent) this.check();
        if (this.disagrees.textContent) this.agreed(true);
    }

    private times(w: Words): HTMLElement {
        const box = h('div', { class: 'opts' });
        w.times.forEach((name, i) => {
            add(box, [h('button', { type: 'button', 'aria-pressed': String(i === this.time),
                onclick: () => {
                    this.time = this.time === i ? -1 : i;
                    box.replaceWith(this.times(w));
                } }, (i === this.time ? '✓ ' : '') + name)]);
        });
        return box;
    }

    private check(): boolean {
        const fault = phoneFault(this.phone.value);
        const text = fault ? '▲ ' + this.parts.words().fault(fault) : '';
        if (this.bad.textContent !== text) this.bad.textContent = text;
        this.phone.setAttribute('aria-invalid', String(!!fault));
        return !fault;
    }

    /** Unticked until the visitor ticks it; says what for only when it is missing. */
    private agreed(needed: boolean): boolean {
        const ok = this.consent.checked;
        this.disagrees.textContent = needed && !ok ? '▲ ' + this.parts.words().notAgree : '';
        this.consent.setAttribute('aria-invalid', String(needed && !ok));
        return ok;
    }

    private async submit(e: Event): Promise<void> {
        e.preventDefault();
        if (this.sending) return;
        this.result.textContent = '';
        const callable = this.check();
        const agreed = this.agreed(true);
        if (!callable) return this.phone.focus();
        if (!agreed) return this.consent.focus();
        const w = this.parts.words();
        const button = this.el.querySelector<HTMLButtonElement>('button[type=submit]')!;
        this.sending = true;
        button.textContent = w.submitting;
        const { visitor, visit } = this.house.ids();
        const text = (s: string, max: number) => clip(clean(s).trim(), max);
        const message: LeftMessage = Object.assign({
            site: this.house.site, visitor, visit, key: this.key,
            phone: text(this.phone.value, 40), name: text(this.name.value, 80),
            time: this.time < 0 ? '' : w.times[this.time],
            text: text(this.question.value, 4000) || w.questionPh, // the empty field says what it means
            consent: this.consent.checked,
        }, this.parts.page());
        try {
            await this.house.call<Said>('/w/message', message);
            this.sent = true;
            this.thanks(this.parts.words());
        } catch (err) {
            button.textContent = w.submit;
            const f = err instanceof Failed ? err : null;
            if (f && f.field === 'phone') this.bad.textContent = '▲ ' + f.message;
            else this.result.textContent = (f && f.status < 500 && f.message) || w.formFailed;
        }
        this.sending = false;
    }

    private thanks(w: Words): void {
        const head = h('h3', { tabindex: '-1' }, '✓ ' + w.thanks);
        fill(this.el, this.back,
            h('div', { class: 'thanks', role: 'status' }, head, h('p', {}, w.thanksMore)),
            h('div', { class: 'two' },
                h('button', { class: 'btn', type: 'button', onclick: () => this.parts.talk() }, w.other),
                h('button', { class: 'btn', type: 'button', onclick: () => this.parts.close() }, w.hide)),
            h('p', { class: 'tiny' }, this.parts.emergency()));
        head.focus();
    }
}
