import { createTheme, type MantineColorsTuple } from '@mantine/core';

const ink: MantineColorsTuple = ['#eef1ff', '#dbe1fb', '#b4bff4', '#8b9bee', '#697ce9', '#5368e6', '#475de5', '#384dcb', '#3246c8', '#2639a0'];

const dark: MantineColorsTuple = ['#e7eaf0', '#c9d0db', '#aab4c3', '#8792a3', '#5b6678', '#3a4454', '#262d38', '#191e27', '#14181f', '#0d1015'];

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 8, dark: 5 },
  colors: { ink, dark },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '650' },
  defaultRadius: 'sm',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { openDelay: 250, withArrow: true } },
    Button: { defaultProps: { size: 'compact-md' } },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Modal: { defaultProps: { centered: true, closeButtonProps: { 'aria-label': 'Close' }, overlayProps: { backgroundOpacity: 0.5 } } },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end' } },
  },
});
