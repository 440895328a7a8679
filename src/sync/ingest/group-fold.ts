import { GROUP_FACT, groupFactIn, groupTarget } from '../../model/group-facts.js';
import { GroupFold } from '../../model/group-state.js';
import type { Transaction } from '../transaction.js';

/** State of a group as it follows from all facts known. */
export async function foldOf(tx: Transaction, groupId: string): Promise<GroupFold> {
  const records = await tx.list('facts', { index: 'byTarget', prefix: [groupTarget(groupId)] });
  const facts = records.filter(({ kind }) => kind === GROUP_FACT).map(groupFactIn);
  return new GroupFold(facts, tx.identity.addresses);
}
