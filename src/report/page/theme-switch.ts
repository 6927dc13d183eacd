import { button, setAttributes } from './element.ts';

const name = 'palette-edge-report-theme';

/** A switch between the light and the dark theme. Until it is used, the system decides. */
export function themeSwitch(): HTMLElement {
  const prefersDark = matchMedia('(prefers-color-scheme: dark)');
  let chosen = remembered();
  const made = button({ class: 'theme' }, 'Dark', () => {
    chosen = isDark() ? 'light' : 'dark';
    remember(chosen);
    show();
  });
  const isDark = (): boolean => (chosen === undefined ? prefersDark.matches : chosen === 'dark');
  function show(): void {
    setAttributes(document.documentElement, { 'data-theme': chosen });
    setAttributes(made, { 'aria-pressed': isDark() ? 'true' : 'false' });
  }
  prefersDark.addEventListener('change', show);
  show();
  return made;
}

/** Browsers may keep nothing of pages that are files. */
function remembered(): 'light' | 'dark' | undefined {
  try {
    const value = localStorage.getItem(name);
    return value === 'light' || value === 'dark' ? value : undefined;
  } catch {
    return undefined;
  }
}

function remember(theme: string): void {
  try {
    localStorage.setItem(name, theme);
  } catch {
    // Then the next time begins as the system says.
  }
}
