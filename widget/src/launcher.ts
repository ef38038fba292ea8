// The button at the corner and the one invitation above it.
import { CROSS, h, icon } from './dom';
import type { Lang } from './house';

const WORDS = {
    zh: { ask: '在线咨询', unread: '条新消息', invite: '邀请', yes: '现在问', no: '不用了', close: '关闭邀请' },
    en: { ask: 'Ask us', unread: 'new messages', invite: 'Invitation', yes: 'Ask now', no: 'No, thanks', close: 'Close invitation' },
};

export class Launcher {
    private label = h('span');
    private badge = h('span', { class: 'badge', hidden: true });
    readonly button: HTMLButtonElement;
    private card: HTMLElement | null = null;
    private words = WORDS.zh;
    private count = 0;

    constructor(
        private root: ShadowRoot,
        open: () => void,
    ) {
        this.button = h('button', { class: 'launch', type: 'button', hidden: true, onclick: open },
            icon('M4 4.5h12v8.5H9l-3.5 3v-3H4z'), this.label, this.badge);
        root.appendChild(this.button);
    }

    say(lang: Lang): void {
        this.words = WORDS[lang];
        this.label.textContent = this.words.ask;
        this.unread(this.count);
    }

    unread(count: number): void {
        this.count = count;
        this.badge.hidden = !count;
        this.badge.textContent = count > 99 ? '99+' : String(count);
        this.badge.setAttribute('aria-label', count + ' ' + this.words.unread);
    }

    /** Focus stays where the reader is; Escape closes it once focus is inside. */
    invite(text: string, answer: (yes: boolean) => void): void {
        this.endInvite();
        const w = this.words;
        const done = (yes: boolean) => () => {
            this.endInvite();
            answer(yes);
        };
        this.card = h('div', { class: 'invite', role: 'dialog', 'aria-label': w.invite,
            onkeydown: (e: KeyboardEvent) => e.key === 'Escape' && done(false)() },
            h('button', { class: 'x', type: 'button', 'aria-label': w.close, onclick: done(false) }, icon(CROSS)),
            h('p', {}, text),
            h('div', { class: 'two' },
                h('button', { class: 'btn main', type: 'button', onclick: done(true) }, w.yes),
                h('button', { class: 'btn', type: 'button', onclick: done(false) }, w.no)));
        this.root.insertBefore(this.card, this.button);
    }

    endInvite(): void {
        if (this.card) this.card.remove();
        this.card = null;
    }
}
