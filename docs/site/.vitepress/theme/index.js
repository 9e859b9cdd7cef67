// oxlint-disable-next-line import/no-unassigned-import -- Vite loads a style sheet by its import.
import "./style.css"

export { default } from "vitepress/theme"
