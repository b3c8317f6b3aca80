import './styles.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { styleNonce } from './style-nonce.js';

// What locks scrolling behind a dialog makes a style element of its own, and reads the nonce from here.
(globalThis as { __webpack_nonce__?: string }).__webpack_nonce__ = styleNonce;

createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>);
