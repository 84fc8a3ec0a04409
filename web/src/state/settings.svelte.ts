/** What a person chose for this browser: language and theme. Until they do, the browser's own wishes hold. */

export type Language = "en" | "ko";
export type Theme = "system" | "light" | "dark";

const LANGUAGE = "synapse-language";
const THEME = "synapse-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function firstLanguage(): Language {
  const kept = localStorage.getItem(LANGUAGE);
  if (kept === "en" || kept === "ko") return kept;
  return navigator.languages.find((tag) => /^(en|ko)\b/i.test(tag))?.slice(0, 2).toLowerCase() === "ko" ? "ko" : "en";
}

function firstTheme(): Theme {
  const kept = localStorage.getItem(THEME);
  return kept === "light" || kept === "dark" ? kept : "system";
}

class Settings {
  language = $state<Language>(firstLanguage());
  theme = $state<Theme>(firstTheme());
  private systemIsDark = $state(dark.matches);

  constructor() {
    dark.addEventListener("change", () => {
      this.systemIsDark = dark.matches;
      this.show();
    });
    this.show();
  }

  get isDark(): boolean {
    return this.theme === "dark" || (this.theme === "system" && this.systemIsDark);
  }

  choose(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem(THEME, theme);
    this.show();
  }

  speak(language: Language): void {
    this.language = language;
    localStorage.setItem(LANGUAGE, language);
    this.show();
  }

  private show(): void {
    document.documentElement.dataset.theme = this.isDark ? "dark" : "light";
    document.documentElement.lang = this.language;
  }
}

export const settings = new Settings();
