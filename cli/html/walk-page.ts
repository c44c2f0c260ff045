// The elements of a parsed page, each with what the elements around it say about it.
import { defaultTreeAdapter, type DefaultTreeAdapterTypes as Tree } from 'parse5';

export interface Surroundings {
  /** By `aria-hidden`, of the element itself too. */
  hidden: boolean;
  /** In a `template` whose copies a script fills in; a declarative shadow root is none. */
  inTemplate: boolean;
  link: Tree.Element | undefined;
  /** The nearest `lang`, lower case; empty where none is known. */
  language: string;
}

export const isElement = defaultTreeAdapter.isElementNode;
const isText = defaultTreeAdapter.isTextNode;

/** Latin-1, as parsed. */
export function attribute(element: Tree.Element, name: string): string | undefined {
  return element.attrs.find((attr) => attr.name === name)?.value;
}

/** In the order of the tree. Without recursion, since pages may be nested deeper than a stack is high. */
export function* walkPage(
  document: Tree.Document,
): Generator<{ element: Tree.Element; surroundings: Surroundings }> {
  const outermost = { hidden: false, inTemplate: false, link: undefined, language: '' };
  const waiting: { node: Tree.Node; around: Surroundings }[] = [
    { node: document, around: outermost },
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node } = next;
    let { around } = next;
    if (isElement(node)) {
      around = within(node, around);
      yield { element: node, surroundings: around };
    }
    const inside = 'content' in node ? node.content.childNodes : [];
    const children = 'childNodes' in node ? node.childNodes : [];
    for (const child of [...inside, ...children].reverse()) waiting.push({ node: child, around });
  }
}

function within(element: Tree.Element, around: Surroundings): Surroundings {
  const isLink = element.tagName === 'a' && attribute(element, 'href') !== undefined;
  const isTemplate =
    element.tagName === 'template' && attribute(element, 'shadowrootmode') === undefined;
  return {
    hidden: around.hidden || attribute(element, 'aria-hidden')?.toLowerCase() === 'true',
    inTemplate: around.inTemplate || isTemplate,
    link: isLink ? element : around.link,
    language: attribute(element, 'lang')?.trim().toLowerCase() ?? around.language,
  };
}

/** Whether a screen reader has only this image to say where the link leads. */
export function isOnlyContent(image: Tree.Element, link: Tree.Element): boolean {
  if (attribute(link, 'aria-label') || attribute(link, 'aria-labelledby')) return false;
  const waiting: Tree.Node[] = [link];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (isText(node) && node.value.trim() !== '') return false;
    if (isElement(node) && node !== image && attribute(node, 'alt')) return false;
    if ('childNodes' in node) for (const child of node.childNodes) waiting.push(child);
  }
  return true;
}
