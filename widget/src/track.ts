// Page views, dwell times and small news of this tab.
import { DwellClock } from './dwell';
import { PageCount, pageId } from './page';
import { passing, pause, post } from './post';
import type { Store } from './store';
import { backoff, clean, clip, newKey } from './text';
import type { Beacon, PageView, PageViewed } from './wire';

const TRIES = 6;
const SETTLE_MS = 60; // a router may redirect and set the title right after pushState

type News = Pick<Beacon, 'dwell_ms' | 'anchor' | 'invite'>;

/** One page of this tab; what happens before the server has named it waits in `later`. */
interface Page {
    id: string;
    clock: DwellClock;
    viewed: PageViewed | null;
    later: News[];
}

export class Track {
    page: Page = { id: '', clock: new DwellClock(), viewed: null, later: [] };
    last: PageViewed | null = null;
    private count = new PageCount();
    private queue: Promise<void> = Promise.resolve();

    constructor(
        private site: string,
        private base: string,
        private store: Store,
        private viewed: (v: PageViewed) => void,
    ) {}

    start(): void {
        this.arrive(document.referrer);
        const moved = () => setTimeout(() => this.arrive(this.count.before), SETTLE_MS);
        for (const name of ['pushState', 'replaceState'] as const) {
            const native = history[name];
            history[name] = function (this: History) {
                const result = native.apply(this, arguments as any);
                moved();
                return result;
            };
        }
        addEventListener('popstate', moved);
        addEventListener('hashchange', moved);
        document.addEventListener('visibilitychange', () => this.seen());
        addEventListener('pagehide', () => this.rest());
        addEventListener('pageshow', (e) => {
            if (!e.persisted) return;
            // Come back to by the browser's own memory: the visitor opened it once more.
            this.count = new PageCount();
            this.arrive(location.href);
        });
    }

    /** Tell the server of this page once more, as a visitor without a name. */
    again(): void {
        this.count = new PageCount();
        this.arrive(document.referrer);
    }

    now = () => performance.now();

    /** Milliseconds this page was looked at. */
    looked(): number {
        return this.page.clock.total(this.now());
    }

    news(news: News, page = this.page): void {
        const v = page.viewed;
        if (!v) {
            page.later.push(news);
            return;
        }
        const beacon: Beacon = Object.assign({ site: this.site, visitor: v.visitor, visit: v.visit, n: v.n }, news);
        const body = JSON.stringify(beacon);
        const url = this.base + '/w/beacon';
        if (!navigator.sendBeacon || !navigator.sendBeacon(url, body)) post(url, beacon).catch(() => {});
    }

    private arrive(referrer: string): void {
        if (!this.count.arrive(location.href)) return;
        if (this.page.id) {
            this.rest();
            referrer = this.count.before || referrer;
        }
        const page: Page = { id: pageId(location.href), clock: new DwellClock(), viewed: null, later: [] };
        this.page = page;
        this.seen();
        const view: PageView = {
            site: this.site,
            url: clip(location.href, 4000),
            referrer: clip(clean(referrer), 4000),
            title: clip(clean(document.title), 1000),
            screen: screen.width + 'x' + screen.height,
            language: navigator.language || '',
            key: newKey(),
        };
        // One after the other: the server numbers them as they come.
        this.queue = this.queue.then(() => this.send(page, view));
    }

    private async send(page: Page, view: PageView): Promise<void> {
        for (let i = 0; i < TRIES; i++) {
            try {
                const viewed = await this.alone(view);
                this.store.set('visitor', viewed.visitor);
                page.viewed = this.last = viewed;
                page.later.forEach((news) => this.news(news, page));
                return this.viewed(viewed);
            } catch (e) {
                if (!passing(e)) return console.warn('laiyu: page view refused:', (e as Error).message);
                await pause(Math.max(backoff(i), ((e as any).retryAfter || 0) * 1000));
            }
        }
    }

    /** The first request of a visitor is the one that names him: two tabs opened at once must not
        become two visitors, so the second waits for the first where the browser has locks. */
    private async alone(view: PageView): Promise<PageViewed> {
        const send = () => {
            view.visitor = this.store.get('visitor');
            return post<PageViewed>(this.base + '/w/view', view).then((viewed) => {
                if (!view.visitor) this.store.set('visitor', viewed.visitor);
                return viewed;
            });
        };
        if (this.store.get('visitor') || !navigator.locks) return send();
        const got: PageViewed = await navigator.locks.request(this.store.prefix + 'visitor', send);
        return got;
    }

    private seen(): void {
        if (document.visibilityState === 'hidden') this.rest();
        else this.page.clock.show(this.now());
    }

    private rest(): void {
        const now = this.now();
        this.page.clock.hide(now);
        const ms = this.page.clock.take(now);
        if (ms > 0) this.news({ dwell_ms: ms });
    }
}
