import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { ApiCall } from './api-call.ts';
import { refusal } from './api-error.ts';
import { linkToPage, pageOfNames } from './page-of-names.ts';

/** Lists the tags of a repository (distribution-spec 1.1, "Listing Tags", end-8). */
export async function listTags({ content, repository, query }: ApiCall): Promise<Answer> {
  const tags = await content.repositories.listTags(repository);
  if (tags === undefined) throw refusal(404, 'NAME_UNKNOWN', 'there is no such repository');
  const { names, next } = pageOfNames(tags, query);
  return jsonAnswer(200, { name: repository, tags: names }, linkToPage(`/v2/${repository}/tags/list`, next));
}

/** Lists the repositories. Not part of distribution-spec 1.1, but every registry has it (docker's API, "Catalog"). */
export async function listRepositories({ content, query }: ApiCall): Promise<Answer> {
  const { names, next } = pageOfNames(await content.repositories.listRepositories(), query);
  return jsonAnswer(200, { repositories: names }, linkToPage('/v2/_catalog', next));
}
