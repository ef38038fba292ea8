// When the one invitation may show. Pure.

export interface InviteFacts {
    text: string; // of the invitation in the visitor's language
    pushed: boolean; // an agent sent it now
    after: number; // seconds on the page; 0 never
    seconds: number; // seen so far
    agentsOnline: boolean;
    talking: boolean; // window open, or a conversation is going on
    visit: string;
    shownIn: string; // visit in which the site's own invitation was shown last
    closedHere: boolean; // one was closed on this very page
}

/** An invitation that was closed never comes back on the same page, whoever sends it. */
export function mayInvite(f: InviteFacts): boolean {
    if (!f.text || f.talking || f.closedHere) return false;
    if (f.pushed) return true;
    return f.after > 0 && f.seconds >= f.after && f.agentsOnline && f.shownIn !== f.visit;
}

/** Pages on which one was closed, newest first, as kept in the store; at most fifty. */
export function addClosed(list: string, page: string): string {
    const pages = list ? list.split('\n') : [];
    return [page].concat(pages.filter((p) => p !== page)).slice(0, 50).join('\n');
}
export function wasClosed(list: string, page: string): boolean {
    return list.split('\n').indexOf(page) >= 0;
}
