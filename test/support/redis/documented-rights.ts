// The user that docs/operating.md makes for the service, as arguments of `ACL SETUSER`; its password is `secret`.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { repository } from '../repository.ts';

export async function documentedRights(): Promise<string[]> {
  const guide = await readFile(path.join(repository, 'docs/operating.md'), 'utf8');
  const [, rights] = /^ACL SETUSER (caption-queue .*)$/m.exec(guide) ?? [];
  if (rights === undefined) throw new Error('docs/operating.md makes no user for Redis.');
  return rights.split(' ').map((word) => word.replace('>PASSWORD', '>secret'));
}
