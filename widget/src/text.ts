// Small words for text and chance. Pure but for randomness.

/** 128 random bits in 22 letters of base64url. */
export function newKey(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    let raw = '';
    bytes.forEach((b) => (raw += String.fromCharCode(b)));
    return btoa(raw).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** The longest start of a text whose UTF-8 form has at most max bytes; never half a character. */
export function clip(text: string, max: number): string {
    let bytes = 0;
    let i = 0;
    while (i < text.length) {
        const c = text.codePointAt(i)!;
        bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (bytes > max) break;
        i += c > 0xffff ? 2 : 1;
    }
    return text.slice(0, i);
}

/** Without what JSON in UTF-8 cannot carry: NUL, and halves of a character that lost the other half. */
export function clean(text: string): string {
    return text
        .replace(/\0/g, '')
        .replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/g, '\uFFFD')
        .replace(/(^|[^\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '$1\uFFFD');
}

/** Milliseconds before the nth repeat (0, 1, ...): doubled each time up to max, half of it chance. */
export function backoff(nth: number, base = 1000, max = 30_000, chance = Math.random()): number {
    const full = Math.min(max, base * Math.pow(2, Math.min(nth, 20)));
    return Math.round(full * (0.5 + chance / 2));
}

/** Of two ids (decimal, no leading zero), is a the later one? They outgrow a double. */
export function later(a: string, b: string): boolean {
    return a.length === b.length ? a > b : a.length > b.length;
}
