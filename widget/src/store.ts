// What the browser remembers for us: localStorage under a prefix, or memory where that is blocked.

export interface Store {
    get(key: string): string;
    set(key: string, value: string): void;
    drop(key: string): void;
    /** Keys that begin so, in no order. */
    keys(start: string): string[];
    prefix: string;
}

type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/** shelf: null where storage is blocked. A value the shelf refuses (full) stays in memory. */
export function makeStore(prefix: string, shelf: Shelf | null): Store {
    const memory = new Map<string, string>();
    const shelved = <T>(act: (s: Shelf) => T, otherwise: T): T => {
        try {
            return shelf ? act(shelf) : otherwise;
        } catch (e) {
            return otherwise;
        }
    };
    return {
        prefix,
        get: (key) => memory.get(key) || shelved((s) => s.getItem(prefix + key), null) || '',
        set(key, value) {
            const kept = shelved((s) => (s.setItem(prefix + key, value), true), false);
            if (kept) memory.delete(key);
            else memory.set(key, value);
        },
        drop(key) {
            memory.delete(key);
            shelved((s) => s.removeItem(prefix + key), undefined);
        },
        keys(start) {
            const found = Array.from(memory.keys()).filter((key) => key.startsWith(start));
            shelved((s) => {
                for (let i = 0; i < s.length; i++) {
                    const name = s.key(i) || '';
                    const key = name.slice(prefix.length);
                    if (name.startsWith(prefix + start) && found.indexOf(key) < 0) found.push(key);
                }
            }, undefined);
            return found;
        },
    };
}

export function browserShelf(kind: 'localStorage' | 'sessionStorage'): Shelf | null {
    try {
        return window[kind];
    } catch (e) {
        return null;
    }
}
