// Elements without markup: no text is ever parsed as HTML.

type Value = string | boolean | null | undefined | ((e: any) => void);
type Child = Node | string | null | false | undefined;

export function h<K extends keyof HTMLElementTagNameMap>(
    tag: K,
    set: Record<string, Value> = {},
    ...kids: Child[]
): HTMLElementTagNameMap[K] {
    const el = document.createElement(tag);
    for (const name of Object.keys(set)) {
        const value = set[name];
        if (typeof value === 'function') el.addEventListener(name.slice(2), value);
        else if (value === true) el.setAttribute(name, '');
        else if (typeof value === 'string') el.setAttribute(name, value);
    }
    add(el, kids);
    return el;
}

export function add(el: Node, kids: Child[]): void {
    for (const kid of kids) {
        if (kid) el.appendChild(typeof kid === 'string' ? document.createTextNode(kid) : kid);
    }
}

export function fill(el: Node, ...kids: Child[]): void {
    el.textContent = '';
    add(el, kids);
}

const SVG = 'http://www.w3.org/2000/svg';

/** A line drawing of 20 by 20; each text is one path. */
export function icon(...paths: string[]): SVGSVGElement {
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 20 20');
    svg.setAttribute('class', 'ico');
    svg.setAttribute('aria-hidden', 'true');
    for (const d of paths) {
        const path = document.createElementNS(SVG, 'path');
        path.setAttribute('d', d);
        svg.appendChild(path);
    }
    return svg;
}

export const CROSS = 'M5.5 5.5l9 9M14.5 5.5l-9 9';

/** Adopted sheets are allowed under any style-src; a style element is for browsers without them. */
export function addStyle(root: ShadowRoot, css: string): void {
    try {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        root.adoptedStyleSheets = root.adoptedStyleSheets.concat(sheet);
    } catch (e) {
        root.appendChild(h('style', {}, css));
    }
}
