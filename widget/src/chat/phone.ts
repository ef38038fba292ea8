// Is this a number that can be called back? Pure.

export type PhoneFault = { kind: 'empty' } | { kind: 'letters' } | { kind: 'short'; missing: number } | { kind: 'long' };

/** Null: it can be called. Full-width digits, spaces, dashes and brackets are fine; +NN is another
    country's; an extension may follow a landline after 转, x or #. */
export function phoneFault(raw: string): PhoneFault | null {
    const text = raw
        .replace(/[０-９]/g, (d) => String.fromCharCode(d.charCodeAt(0) - 0xfee0))
        .replace(/＋/g, '+')
        .trim();
    if (!text) return { kind: 'empty' };
    const main = text.replace(/\s*(转|ext\.?|x|#)\s*\d{1,6}$/i, '');
    if (/[^\d\s+()（）\-—–－.]/.test(main) || /.\+/.test(main)) return { kind: 'letters' };
    let digits = main.replace(/\D/g, '');
    const abroad = text[0] === '+' || /^00/.test(digits);
    if (abroad && !/^(\+|00)86/.test(text.replace(/[^\d+]/g, ''))) {
        digits = digits.replace(/^00/, '');
        return digits.length < 7 ? { kind: 'short', missing: 7 - digits.length } : digits.length > 15 ? { kind: 'long' } : null;
    }
    digits = digits.replace(/^(00)?86(?=1|0)/, '');
    const mobile = /^1/.test(digits);
    const least = mobile ? 11 : /^0/.test(digits) ? 10 : 7;
    const most = mobile ? 11 : /^0/.test(digits) ? 12 : /^[48]00/.test(digits) ? 10 : 8;
    if (digits.length < least) return { kind: 'short', missing: least - digits.length };
    return digits.length > most ? { kind: 'long' } : null;
}
