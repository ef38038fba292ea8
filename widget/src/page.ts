// Which address is a page of its own. Pure.

/** What tells one page from another: the address without its fragment, unless a router lives in it. */
export function pageId(href: string): string {
    const cut = href.indexOf('#');
    if (cut < 0) return href;
    return /^#!?\//.test(href.slice(cut)) ? href : href.slice(0, cut);
}

/** Counts pages of a single-page site: a page is seen when its id differs from the one before. */
export class PageCount {
    private seen = '';
    /** The address before this one; what the next page names as its referrer. */
    before = '';
    private href = '';

    /** True if this address is a new page. */
    arrive(href: string): boolean {
        const id = pageId(href);
        if (id === this.seen) {
            this.href = href;
            return false;
        }
        this.before = this.href;
        this.href = href;
        this.seen = id;
        return true;
    }
}
