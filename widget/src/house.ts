// What the core and the chat window, two files loaded apart, know of each other.
import type { Live } from './live';
import type { Store } from './store';
import type { WidgetSettings } from './wire';

export type Lang = 'zh' | 'en';

export interface House {
    site: string;
    store: Store; // of all tabs
    tab: Store; // of this tab
    root: ShadowRoot;
    live: Live;
    settings(): WidgetSettings;
    ids(): { visitor: string; visit: string; n: number };
    lang(): Lang;
    setLang(lang: Lang): void;
    /** POST; rejects with a Failed for an answer that is no success, with any other error for none. */
    call<T>(path: string, body: object): Promise<T>;
    unread(count: number): void;
    /** The window was opened or closed. */
    shown(open: boolean): void;
    /** From where the next hello goes on. */
    resume: () => { conversation: string; since: number };
}

export interface ChatWindow {
    open(anchor: string, focus: boolean): void;
    close(): void;
    isOpen(): boolean;
    talking(): boolean;
}

export class Failed extends Error {
    constructor(
        public status: number,
        message: string,
        public retryAfter: number,
        public field: string,
    ) {
        super(message);
    }
}
