import type { CardRecord } from '../../store/card-records.js';
import type { TableName, Tables } from '../../store/tables.js';
import { cardPhotoBlob } from '../storage/cards.js';

/** Ids of the blobs that a record names: those of all fields that are called `blob`, and the picture of a card. */
export function blobsOf(table: TableName, record: Tables[TableName]): string[] {
  const named = fieldsOf(record);
  return table === 'cards' ? [...named, ...photoOf(record as CardRecord)] : named;
}

function fieldsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'blob' && typeof inner === 'string' ? [inner] : fieldsOf(inner),
  );
}

function photoOf({ id, shared }: CardRecord): string[] {
  const photo = shared.photo?.value;
  return photo ? [cardPhotoBlob(id, photo.sha256)] : [];
}
