// w.js: sees pages, holds the socket, shows launcher and invitation, and fetches the chat window
// when somebody wants to talk. Its only global name is `laiyu`.
import sheet from './core.css';
import { addStyle } from './dom';
import type { ChatWindow, House, Lang } from './house';
import { addClosed, mayInvite, wasClosed } from './invite';
import { Launcher } from './launcher';
import { Live } from './live';
import { pause, post } from './post';
import { browserShelf, makeStore } from './store';
import { backoff, clip } from './text';
import { Track } from './track';
import type { ChatState, Message, WidgetSettings } from './wire';

declare const CHAT_URL: string;

const HIDDEN_MS = 60_000; // a hidden tab with a closed window lets its socket go after that
const CHAT_TRIES = 4;

type MakeWindow = (house: House) => ChatWindow;

function start(script: HTMLScriptElement, site: string): void {
    const base = script.src.replace(/\/w\.js([?#].*)?$/, '');
    const store = makeStore('laiyu:' + site + ':', browserShelf('localStorage'));
    const tab = makeStore('laiyu:' + site + ':', browserShelf('sessionStorage'));
    let settings: WidgetSettings | null = null;
    let chat: ChatWindow | null = null;
    let registered: ((make: MakeWindow) => void) | null = null;
    let loading: Promise<void> | null = null;
    let wanted: { anchor: string; focus: boolean } | null = null; // asked for before it could be
    let opener: HTMLElement | null = null;
    let unread: Message[] = [];
    let going = false; // a conversation, before the window is loaded
    let pushed: { zh: string; en: string } | null = null; // an agent's invitation that waits

    // ---- what stands on the page: beside the body, so that no script of the site replaces it
    const host = document.createElement('laiyu-widget');
    for (const [name, value] of [['all', 'initial'], ['position', 'fixed'], ['z-index', '2147483000']]) {
        host.style.setProperty(name, value, 'important');
    }
    const root = host.attachShadow({ mode: 'open' });
    addStyle(root, sheet);
    const launcher = new Launcher(root, () => open('launcher', launcher.button));

    const lang = (): Lang => {
        const said = store.get('lang') || document.documentElement.lang || navigator.language || '';
        return /^zh/i.test(said) || (!/^en/i.test(said) && /^zh/i.test(navigator.language)) ? 'zh' : 'en';
    };
    const text = (zh: string, en: string) => (lang() === 'zh' ? zh || en : en || zh);

    // ---- pages
    const track = new Track(site, base, store, (viewed) => {
        const first = !settings;
        const moved = !first && ids().visit !== viewed.visit;
        settings = viewed.widget;
        if (first) {
            document.documentElement.appendChild(host);
            launcher.say(lang());
            launcher.button.hidden = false;
            presence();
            setInterval(consider, 1000);
            if (tab.get('open')) wanted = wanted || { anchor: '', focus: false };
            if (wanted || store.keys('out:').length) summon();
        } else if (moved) live.greet();
    });
    const ids = () => {
        const v = track.last;
        return { visitor: v ? v.visitor : store.get('visitor'), visit: v ? v.visit : '', n: v ? v.n : 0 };
    };

    // ---- the socket
    const live = new Live(base.replace(/^http/, 'ws') + '/w/live', () =>
        Object.assign({ site }, ids(), house.resume()));
    let hiding = 0;
    const presence = () => {
        clearTimeout(hiding);
        if (!settings) return;
        if (document.visibilityState !== 'hidden' || (chat && chat.isOpen())) {
            live.want(true);
            live.retryNow();
        } else hiding = window.setTimeout(() => live.want(false), HIDDEN_MS);
    };
    document.addEventListener('visibilitychange', presence);
    addEventListener('pageshow', presence);

    // Until the window is loaded, the core itself counts what waits to be read.
    const read = () => {
        const [conversation, number] = store.get('read').split(':');
        return { conversation, number: Number(number) || 0 };
    };
    const count = (more: Message[]) => {
        if (chat) return;
        unread = unread.concat(more.filter((m) => m.sender === 'agent' && !unread.some((u) => u.number === m.number)));
        launcher.unread(unread.length);
    };
    live.on('hello', (state: ChatState) => {
        going = state.state === 'waiting' || state.state === 'active';
        if (settings) settings.agents_online = state.agents_online;
        if (state.conversation) store.set('conv', state.conversation);
        count(state.messages);
    });
    live.on('message', (m: Message) => count([m]));
    live.on('agents', (a: { online: boolean }) => {
        if (settings) settings.agents_online = a.online;
    });
    live.on('invite', (i: { text_zh: string; text_en: string }) => {
        pushed = { zh: i.text_zh, en: i.text_en };
        consider();
    });
    let renamed = false;
    live.on('refused', () => {
        // A token the server does not know (any more): be a new visitor, once.
        if (renamed) return live.want(false);
        renamed = true;
        store.drop('visitor');
        store.drop('conv');
        track.again();
    });

    // ---- the invitation
    const consider = () => {
        if (!settings || document.visibilityState === 'hidden') return;
        const words = pushed || { zh: settings.invitation_zh, en: settings.invitation_en };
        const visit = ids().visit;
        const facts = {
            text: text(words.zh, words.en),
            pushed: !!pushed,
            after: settings.invite_after,
            seconds: track.looked() / 1000,
            agentsOnline: settings.agents_online,
            talking: !!wanted || going || !!(chat && chat.talking()),
            visit,
            shownIn: store.get('invited'),
            closedHere: wasClosed(store.get('closed'), track.page.id),
        };
        pushed = null;
        if (!mayInvite(facts)) return;
        store.set('invited', visit);
        track.news({ invite: 'shown' });
        const page = track.page;
        launcher.invite(facts.text, (yes) => {
            track.news({ invite: yes ? 'accepted' : 'refused' }, page);
            if (yes) open('invitation', launcher.button);
            else store.set('closed', addClosed(store.get('closed'), page.id));
        });
    };

    // ---- the window
    const house: House = {
        site,
        store,
        tab,
        root,
        live,
        settings: () => settings!,
        ids,
        lang,
        setLang(to) {
            store.set('lang', to);
            launcher.say(to);
        },
        call: (path, body) => post(base + path, body),
        unread: (n) => launcher.unread(n),
        shown(shown) {
            launcher.button.hidden = shown;
            if (shown) {
                tab.set('open', '1');
                launcher.endInvite();
            } else {
                tab.drop('open');
                if (opener && opener.isConnected) opener.focus({ preventScroll: true });
                opener = null;
            }
            presence();
        },
        resume() {
            const conversation = store.get('conv');
            const seen = read();
            return { conversation, since: seen.conversation === conversation ? seen.number : 0 };
        },
    };

    const load = () =>
        new Promise<void>((yes, no) => {
            const el = document.createElement('script');
            registered = (make) => {
                chat = chat || make(house);
                yes();
            };
            el.src = base + CHAT_URL;
            el.onload = () => el.remove();
            el.onerror = () => {
                el.remove();
                no(new Error('not loaded'));
            };
            document.head.appendChild(el);
        });
    const fetchChat = async () => {
        for (let i = 0; !chat; i++) {
            try {
                await load();
            } catch (e) {
                if (i >= CHAT_TRIES) throw e;
                await pause(backoff(i, 500, 4000));
            }
        }
    };
    /** Load the window if needed, and open it if somebody asked. */
    const summon = () => {
        if (!settings) return;
        loading = loading || fetchChat();
        launcher.button.setAttribute('aria-busy', 'true');
        loading
            .then(() => {
                const w = wanted;
                wanted = null;
                if (w && chat) chat.open(w.anchor, w.focus);
            }, () => (loading = null))
            .then(() => launcher.button.removeAttribute('aria-busy'));
    };
    const open = (anchor: string, from: HTMLElement | null) => {
        opener = from;
        anchor = clip(anchor, 120);
        if (anchor) track.news({ anchor });
        wanted = { anchor, focus: true };
        summon();
    };

    // ---- consult anchors: any element that carries data-laiyu
    const anchorOf = (e: Event) => {
        const el = e.target instanceof Element ? e.target.closest<HTMLElement>('[data-laiyu]') : null;
        return el && !host.contains(el) ? el : null;
    };
    const follow = (e: Event) => {
        const el = anchorOf(e);
        if (!el) return;
        e.preventDefault();
        open(el.getAttribute('data-laiyu') || '', el);
    };
    document.addEventListener('click', (e) => {
        if (!e.button && !e.ctrlKey && !e.metaKey && !e.shiftKey && !e.altKey) follow(e);
    }, true);
    document.addEventListener('keydown', (e) => {
        // Links and buttons make a click of these keys themselves.
        const el = e.key === 'Enter' || e.key === ' ' ? anchorOf(e) : null;
        if (el && e.target === el && !el.matches('a[href],button,input,select,textarea,summary')) follow(e);
    }, true);

    const laiyu = {
        open: (o?: { anchor?: string }) => open(String((o && o.anchor) || ''), document.activeElement as HTMLElement | null),
        close() {
            wanted = null;
            if (chat) chat.close();
        },
    };
    // The way in for the second file; no name of its own in the list.
    Object.defineProperty(laiyu, '_', { value: (make: MakeWindow) => registered && registered(make) });
    Object.defineProperty(window, 'laiyu', { value: laiyu });

    // A page that is only prepared has not been seen.
    if ((document as any).prerendering) {
        document.addEventListener('prerenderingchange', () => track.start(), { once: true });
    } else track.start();
}

const script = (document.currentScript || document.querySelector('script[data-site][src*="/w.js"]')) as HTMLScriptElement | null;
const site = script && script.getAttribute('data-site');
if (!site) console.warn('laiyu: the script needs data-site');
else if (!('laiyu' in window)) start(script!, site);
