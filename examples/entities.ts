import type { Document, ItemEntity, ItemSentence } from "wink-nlp"
import { its, spanOf } from "./language.ts"
import { properNounsOf } from "./proper-nouns.ts"

type Entity = { readonly type: string; readonly value: string; readonly start: number }

const labels: { readonly [type: string]: string } = {
  DATE: "date",
  DURATION: "duration",
  EMAIL: "e-mail",
  EMOJI: "emoji",
  HASHTAG: "hashtag",
  MENTION: "mention",
  MONEY: "money",
  PERCENT: "percentage",
  TIME: "time",
  URL: "URL"
}

const currency = /^([€£¥₹]|EUR|GBP|CHF|JPY|INR)$/

const moneyAround = (entity: ItemEntity, words: ReadonlyArray<string>) => {
  const [first, last] = spanOf(entity)
  const [before = "", after = ""] = [words[first - 1], words[last + 1]]
  const value = entity.out()
  if (currency.test(before)) {
    return before.length === 1 ? before + value : `${before} ${value}`
  }
  return currency.test(after) ? `${value} ${after}` : undefined
}

const label = (entity: ItemEntity, words: ReadonlyArray<string>): ReadonlyArray<Entity> => {
  const type = entity.out(its.type)
  const [start, last] = spanOf(entity)
  if (type === "CARDINAL") {
    const value = moneyAround(entity, words)
    return value === undefined ? [] : [{ type: "money", value, start }]
  }
  const known = labels[type]
  if (known === undefined || (type === "DURATION" && (start === last || entity.out().startsWith("since")))) {
    return []
  }
  return [{ type: known, value: entity.out().replace(/(?<![ap]\.m)\.$/, ""), start }]
}

export const entitiesOf = (document: Document) => {
  const words = document.tokens().out()
  const found: Array<Entity> = []
  const taken = new Set<number>()
  document.entities().each((entity: ItemEntity) => {
    const [first, last] = spanOf(entity)
    for (let index = first; index <= last; index += 1) {
      taken.add(index)
    }
    found.push(...label(entity, words))
  })
  document.sentences().each((sentence: ItemSentence) => {
    found.push(...properNounsOf(sentence, taken))
  })
  return found.toSorted((one, other) => one.start - other.start).map(({ type, value }) => ({ type, value }))
}
