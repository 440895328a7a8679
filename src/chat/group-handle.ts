import { InputError } from '../core/errors.js';
import { ChatHandle } from './chat.js';
import type { AccountContext, ChatCell } from './context.js';
import { adding, describingAs, leaving, type PlanAct, picturing, removing, renaming } from './group-acts.js';
import { checkDescription, checkMembers, checkName, loadPicture } from './group-input.js';
import { avatarOf, isGroupChat } from './group-sending.js';
import type { GroupAvatar, MemberInput, PictureDraft } from './group-values.js';
import type { Group, Message } from './handles.js';
import { peopleOf } from './people.js';
import { sendAct } from './send.js';

/**
 * {@link Group} over a cell that the account keeps current. Ad-hoc chats have one as well, because they can turn out to be a group; as long as
 * they are none, only the methods of a chat are typed.
 */
export class GroupHandle extends ChatHandle implements Group {
  readonly #context: AccountContext;

  constructor(context: AccountContext, cell: ChatCell) {
    super(context, cell);
    this.#context = context;
  }

  override get kind(): 'group' {
    return super.kind as 'group';
  }

  get name(): string {
    return this.record.name;
  }

  get description(): string | undefined {
    return this.record.group?.description;
  }

  get avatar(): GroupAvatar | undefined {
    const { group } = this.record;
    const picture = group?.avatar;
    if (!group || !picture) return undefined;
    const { store } = this.#context;
    const load = async () => {
      this.#context.assertOpen();
      const loaded = await avatarOf(store, { group });
      if (loaded) return loaded.content;
      throw new InputError('NOT_FOUND', 'The group has another picture by now.');
    };
    return { id: picture.blob, contentType: picture.contentType, load };
  }

  get isMember(): boolean {
    return this.record.group?.selfMember ?? false;
  }

  async add(members: MemberInput | readonly MemberInput[]): Promise<Message | undefined> {
    const people = await peopleOf(this.#context, checkMembers('group.add', members));
    return this.#act(adding(people));
  }

  async remove(members: MemberInput | readonly MemberInput[]): Promise<Message | undefined> {
    const addresses = checkMembers('group.remove', members);
    if (addresses.some((address) => this.#context.identity.addresses.has(address))) {
      throw new InputError('INVALID_OPTION', 'group.remove: that is the account itself. Call group.leave().');
    }
    return this.#act(removing(addresses));
  }

  async rename(name: string): Promise<Message | undefined> {
    return this.#act(renaming(checkName('group.rename: the name', name)));
  }

  async setDescription(description: string | undefined): Promise<Message | undefined> {
    return this.#act(describingAs(checkDescription('group.setDescription: the description', description)));
  }

  async setAvatar(picture: PictureDraft | undefined): Promise<Message | undefined> {
    return this.#act(picturing(picture === undefined ? undefined : await loadPicture('group.setAvatar', picture)));
  }

  async leave(): Promise<Message | undefined> {
    return this.isMember ? this.#act(leaving) : undefined;
  }

  async #act(act: PlanAct): Promise<Message | undefined> {
    this.#context.assertOpen();
    if (!isGroupChat(this.record))
      throw new InputError('INVALID_STATE', 'This chat is no group. Make one: chat.toGroup(name).');
    return sendAct(this.#context, this.id, act);
  }
}
