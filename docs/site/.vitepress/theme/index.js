export { default } from "vitepress/theme"
// oxlint-disable-next-line import/no-unassigned-import -- Vite loads a style sheet by its import, after the theme's own.
import "./style.css"
