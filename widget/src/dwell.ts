// How long a page was looked at: only the time in which it was visible. Pure; the caller brings the
// clock, in milliseconds that never run backwards.

const DAY = 86_400_000;

export class DwellClock {
    private since: number | null = null;
    private unsent = 0;
    private whole = 0;

    show(now: number): void {
        if (this.since === null) this.since = now;
    }

    hide(now: number): void {
        this.count(now);
        this.since = null;
    }

    /** What was not taken yet. Each millisecond is given out once. */
    take(now: number): number {
        this.count(now);
        const ms = Math.min(Math.round(this.unsent), DAY);
        this.unsent = 0;
        return ms;
    }

    /** All visible time so far, taken or not. */
    total(now: number): number {
        return this.whole + (this.since === null ? 0 : Math.max(0, now - this.since));
    }

    private count(now: number): void {
        if (this.since === null) return;
        const ms = Math.max(0, now - this.since);
        this.unsent += ms;
        this.whole += ms;
        this.since = now;
    }
}
