import { adhocChatId, answerView, componentChat, type GraphFacts, joinClaims, newNode } from '../../model/placement.js';
import type { ThreadRecord } from '../../store/records.js';
import type { Transaction } from '../transaction.js';

/** What has to be looked at again after the graph changed. */
export interface GraphChanges {
  /** Message-ids whose mails may be in another chat now because their thread is. */
  readonly threads: ReadonlySet<string>;
  /** Message-ids; answers to them may be in another chat now. */
  readonly answers: ReadonlySet<string>;
  /** Ad-hoc chats that became part of another chat: old id to new id. */
  readonly merged: ReadonlyMap<string, string>;
}

/**
 * The graph of message-ids within one transaction: nodes know their connected component by name, and when two components are
 * joined the smaller one is renamed, so that each node is renamed a logarithmic number of times at most. What groups claim of a
 * component changes twice at most (none, one, several). All of it depends on the set of mails only, but for the components' names.
 */
export class ThreadGraph {
  readonly #tx: Transaction;
  readonly #nodes = new Map<string, ThreadRecord | undefined>();
  readonly #threads = new Set<string>();
  readonly #answers = new Set<string>();
  /** Ad-hoc chats whose component was renamed or claimed, with one of its nodes. */
  readonly #left = new Map<string, string>();

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  /** Reads nodes; {@link node} and {@link add} know only what was read. */
  async load(messageIds: Iterable<string>): Promise<void> {
    const missing = [...new Set(messageIds)].filter((id) => !this.#nodes.has(id));
    if (missing.length === 0) return;
    const nodes = await this.#tx.getMany('threads', missing);
    missing.forEach((id, i) => {
      this.#nodes.set(id, nodes[i]);
    });
  }

  /** The node of a message-id, if there is one. */
  node(messageId: string): ThreadRecord | undefined {
    return this.#nodes.get(messageId);
  }

  /** Takes what a mail tells. Adding it again changes nothing. */
  async add(messageId: string, facts: GraphFacts): Promise<void> {
    if (facts.node === undefined) return;
    await this.load([messageId, ...facts.linked]);
    if (facts.linked.length > 0) await this.#connect(messageId, facts.linked);
    const node = this.node(messageId) ?? newNode(messageId);
    this.#set({ ...node, wide: facts.node.wide || node.wide === true });
    const group = joinClaims(node.group, facts.node.group);
    if (group !== node.group) await this.#rename(node.chatId, node.chatId, group);
  }

  /** What has to be looked at again because of all that was added. */
  changes(): GraphChanges {
    const merged = new Map<string, string>();
    for (const [chatId, messageId] of this.#left) {
      const node = this.node(messageId);
      if (node !== undefined && componentChat(node) !== chatId) merged.set(chatId, componentChat(node));
    }
    return { threads: this.#threads, answers: this.#answers, merged };
  }

  async #connect(messageId: string, linked: readonly string[]): Promise<void> {
    const ids = [messageId, ...linked];
    const claims = new Map<string, string | undefined>();
    for (const id of ids) {
      const node = this.node(id);
      if (node !== undefined) claims.set(node.chatId, node.group);
    }
    const chatId = claims.size === 0 ? adhocChatId(messageId) : await this.#largest([...claims.keys()]);
    const group = [...claims.values()].reduce(joinClaims, undefined);
    for (const [component, claim] of claims) {
      if (component !== chatId || claim !== group) await this.#rename(component, chatId, group);
    }
    for (const id of ids) {
      if (this.node(id) === undefined) this.#set({ ...newNode(id), chatId, ...(group !== undefined && { group }) });
    }
  }

  /** The component with the most nodes, the smallest name of equals. Costs no more than the second largest has nodes. */
  async #largest(components: readonly string[]): Promise<string> {
    const sorted = [...components].sort();
    for (let limit = 16; ; limit *= 4) {
      const sizes: number[] = [];
      for (const component of sorted) {
        sizes.push(
          sorted.length === 1 ? 1 : await this.#tx.count('threads', { index: 'byChat', prefix: [component], limit }),
        );
      }
      const largest = Math.max(...sizes);
      if (largest < limit || sizes.filter((size) => size === largest).length === 1) {
        return sorted[sizes.indexOf(largest)] ?? '';
      }
    }
  }

  async #rename(component: string, chatId: string, group: string | undefined): Promise<void> {
    for (const stored of await this.#tx.list('threads', { index: 'byChat', prefix: [component] })) {
      if (!this.#nodes.has(stored.messageId)) this.#nodes.set(stored.messageId, stored);
      const { group: _, ...node } = this.node(stored.messageId) ?? stored;
      this.#set({ ...node, chatId, ...(group !== undefined && { group }) });
    }
  }

  #set(node: ThreadRecord): void {
    const before = this.#nodes.get(node.messageId);
    if (before?.chatId === node.chatId && before.group === node.group && before.wide === node.wide) return;
    this.#nodes.set(node.messageId, node);
    this.#tx.put('threads', node);
    if (answerView(before) !== answerView(node)) this.#answers.add(node.messageId);
    if (before === undefined || componentChat(before) === componentChat(node)) return;
    this.#threads.add(node.messageId);
    if (componentChat(before) === before.chatId) this.#left.set(before.chatId, node.messageId);
  }
}
