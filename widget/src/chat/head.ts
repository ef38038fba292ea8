// Who one talks to, and the menu.
import { CROSS, fill, h, icon } from '../dom';
import type { Words } from './words';

export interface HeadActs {
    close(): void;
    bigger(): void;
    language(): void;
    end(): void;
    withdraw(): void;
    privacy(): string;
}

export interface HeadView {
    title: string;
    who: string;
    big: boolean;
    talking: boolean;
    granted: boolean;
}

export class Head {
    private title = h('b', { id: 'ly-title', tabindex: '-1' });
    private who = h('small');
    private size = h('button', { class: 'x', type: 'button', onclick: () => this.acts.bigger() }, 'A', h('sup', {}, '+'));
    private more: HTMLButtonElement;
    private close = h('button', { class: 'x', type: 'button', onclick: () => this.acts.close() }, icon(CROSS));
    private menu = h('div', { class: 'menu', hidden: true });
    readonly el: HTMLElement;
    private shown = '';

    constructor(private acts: HeadActs) {
        const dots = icon('M5 10h.1M10 10h.1M15 10h.1');
        dots.setAttribute('stroke-width', '2.4');
        this.more = h('button', { class: 'x', type: 'button', 'aria-expanded': 'false',
            onclick: () => this.toggle(this.menu.hidden) }, dots);
        this.el = h('header', { class: 'top' },
            h('div', { class: 'names' }, this.title, this.who), this.size, this.more, this.close, this.menu);
        this.el.addEventListener('focusout', (e) => {
            const to = e.relatedTarget as Node | null;
            if (to && !this.menu.contains(to) && to !== this.more) this.toggle(false);
        });
    }

    focus(): void {
        this.title.focus();
    }

    /** True if there was a menu to close. */
    escape(): boolean {
        const was = !this.menu.hidden;
        this.toggle(false);
        if (was) this.more.focus();
        return was;
    }

    /** A tap elsewhere. */
    dismiss(e: Event): void {
        if (!this.menu.hidden && !this.el.contains(e.target as Node)) this.toggle(false);
    }

    show(v: HeadView, w: Words): void {
        const now = JSON.stringify([v, w.more, this.acts.privacy()]);
        if (now === this.shown) return;
        this.shown = now;
        this.title.textContent = v.title || w.here;
        this.who.textContent = v.who;
        this.size.setAttribute('aria-label', w.size);
        this.size.setAttribute('aria-pressed', String(v.big));
        this.more.setAttribute('aria-label', w.more);
        this.close.setAttribute('aria-label', w.close);
        const item = (text: string, act: () => void) =>
            h('button', { type: 'button', onclick: () => (this.escape(), act()) }, text);
        const privacy = this.acts.privacy();
        fill(this.menu,
            item(w.menuLang, this.acts.language),
            v.granted && item(w.menuWithdraw, this.acts.withdraw),
            !!privacy && h('a', { href: privacy, target: '_blank', rel: 'noopener' }, w.menuPrivacy),
            v.talking && item(w.menuEnd, this.acts.end));
    }

    private toggle(open: boolean): void {
        this.menu.hidden = !open;
        this.more.setAttribute('aria-expanded', String(open));
        if (open) (this.menu.firstChild as HTMLElement).focus();
    }
}
