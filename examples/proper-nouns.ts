import type { ItemSentence } from "wink-nlp"
import { its, readDoc, spanOf } from "./language.ts"

type Token = { readonly text: string; readonly tag: string; readonly index: number }

const commonFirstNames = new Set(
  "Ada Amber Anna Anthony Ben Bill Bob Carol Catherine Christian Cynthia Dan Don Donna Edward Elizabeth Frank Grace Harry Heather Ivy Jack Jean Jerry Jo Jordan Joseph Ken Lee Lily Mark Max Mike Nick Pat Ray Rob Rose Sam Sue Ted Theresa Tom Vincent"
    .split(" ")
)

const weekday = /^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?$/

const institution =
  /^(Academy|Bank|Bay|Church|City|College|Department|Gulf|House|Institute|King|Ministry|Museum|Queen|School|University)$/

const nationality = /(an|ese|ish)$/

const languages = new Set(
  ["ar", "bn", "cs", "da", "de", "el", "en", "es", "fi", "fr", "hi", "hu", "it", "ja", "ko", "nl", "no", "pl", "pt"]
    .concat(["ru", "sv", "th", "tr", "uk", "vi", "zh"])
    .map((code) => new Intl.DisplayNames("en", { type: "language" }).of(code)!)
)

const isCapitalised = (text: string) => /^\p{Lu}/u.test(text) && !/^I\b/.test(text)

const isAcronym = (text: string) => /^\p{Lu}{2,}$/u.test(text)

const tagAlone = (word: string) => readDoc(word).tokens().itemAt(0).out(its.pos)

const isOrdinaryWord = (text: string) =>
  !commonFirstNames.has(text) && !text.endsWith(".") && !readDoc(text).isOOV(text.toLowerCase())

const startsTheSentenceOnly = ([first, second]: ReadonlyArray<Token>, start: number) => {
  if (first?.index !== start || !isOrdinaryWord(first.text)) {
    return false
  }
  return second === undefined || tagAlone(first.text.toLowerCase()) !== "ADJ"
}

const isAdjective = (run: ReadonlyArray<Token>, next: Token | undefined) =>
  run.length === 1 && nationality.test(run[0]!.text) && next?.tag === "NOUN"

const isNamePart = ({ tag, text }: Token) =>
  isCapitalised(text) && !weekday.test(text) && !languages.has(text) && ["PROPN", "NOUN", "ADJ", "X"].includes(tag)

const joins = ({ text }: Token, before: Token | undefined, after: Token | undefined) =>
  before !== undefined && after !== undefined && isNamePart(before) && isNamePart(after) &&
  (text === "-" || (text === "of" && institution.test(before.text)))

const runsOf = (tokens: ReadonlyArray<Token>, taken: ReadonlySet<number>) => {
  const runs: Array<Array<Token>> = [[]]
  for (const [place, token] of tokens.entries()) {
    const belongs = isNamePart(token) || joins(token, tokens[place - 1], tokens[place + 1])
    if (belongs && !taken.has(token.index)) {
      runs.at(-1)!.push(token)
    } else {
      runs.push([])
    }
  }
  return runs
}

const tokensOf = (sentence: ItemSentence): ReadonlyArray<Token> => {
  const tokens = sentence.tokens()
  const tags = tokens.out(its.pos)
  const [start] = spanOf(sentence)
  return tokens.out().map((text, place) => ({ text, tag: String(tags[place]), index: start + place }))
}

/** Finds names by their part of speech. `taken` holds the positions of tokens that belong to other entities. */
export const properNounsOf = (sentence: ItemSentence, taken: ReadonlySet<number>) => {
  const tokens = tokensOf(sentence)
  const words = tokens.filter(({ text }) => /\p{L}/u.test(text))
  if (words.length > 4 && words.every(({ text }) => isCapitalised(text))) {
    return []
  }
  return runsOf(tokens, taken)
    .map((run) => (startsTheSentenceOnly(run, words[0]?.index ?? 0) ? run.slice(1) : run))
    .filter((run) => run.some(({ tag }) => tag === "PROPN") && !run.every(({ text }) => isAcronym(text)))
    .filter((run) => !isAdjective(run, tokens.find(({ index }) => index === run.at(-1)!.index + 1)))
    .map((run) => ({
      type: "name",
      value: run.map(({ text }) => text).join(" ").replaceAll(" - ", "-"),
      start: run[0]!.index
    }))
}
