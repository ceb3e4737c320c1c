import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { StudioClient } from './client/client.ts';
import { DesktopClient } from './client/desktop-client.ts';
import { WebClient } from './client/web-client.ts';
import { EnginePlayer } from './store/engine-player.ts';
import { PageOutput } from './store/page-output.ts';
import { createStudio } from './store/studio.ts';
import { App } from './view/app/App.tsx';
import { StudioContext } from './view/studio-context.ts';
import './view/tokens.css';
import './view/base.css';

const base = new URL('.', document.baseURI);
const client: StudioClient = window.studio === undefined ? new WebClient(base) : new DesktopClient(window.studio, base);
const player = new EnginePlayer(client, client.openOutput === undefined ? null : (isNeeded) => new PageOutput(client, isNeeded));
const studio = createStudio(client, player);

addEventListener('pagehide', () => {
  studio.getState().saveMix(true);
  player.close();
});

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <StudioContext value={studio}>
      <App />
    </StudioContext>
  </StrictMode>,
);
