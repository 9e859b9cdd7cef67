import english from "wink-eng-lite-web-model"
import winkNLP, { type ItemEntity, type ItemSentence, type ItsFunction, type SelectedTokens } from "wink-nlp"

export const { its, readDoc } = winkNLP(english)

/** The positions of the first and the last token. */
export const spanOf = (item: ItemEntity | ItemSentence) =>
  item.out(its.span) as unknown as readonly [first: number, last: number]

export const stemsOf = (tokens: SelectedTokens): ReadonlySet<string> =>
  new Set(tokens.out(its.stem as unknown as ItsFunction<string>))
