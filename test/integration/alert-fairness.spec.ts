import { expect, it } from '@jest/globals';
import type { CreatedAlertChannel } from '@keytrail/contracts';
import { AlertStage } from '../support/alert-stage.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { registryOf } from '../support/registry.js';
import { waitFor } from '../support/wait-for.js';

const HANGING = 30;
const MOST_OF_WORKSPACE = 50;

describeOnBoth('receivers that hang', (env) => {
  const stage = new AlertStage(env);

  it('keep nobody else waiting, however many a workspace has', async () => {
    const workspace = await registryOf(stage.app).workspace(stage.newName('greedy'));
    let holding = 0;
    let most = 0;
    let heldMeanwhile = 0;
    stage.receiver.answer = (response, request) => {
      if (request.url !== '/hangs') {
        heldMeanwhile = holding;
        response.writeHead(204).end();
        return;
      }
      holding += 1;
      most = Math.max(most, holding);
      response.once('close', () => (holding -= 1));
    };
    for (let index = 0; index < HANGING; index += 1) {
      const { channel_id } = stage.made(await stage.app.call<CreatedAlertChannel>('/v1/alert-channels', {
        body: { name: `hangs ${index}`, workspace, config: { kind: 'webhook', url: `${stage.receiver.url}/hangs` }, secrets: { signing_secret: stage.receiver.secrets[0] ??= `whsec_${'A'.repeat(32)}` } },
      }));
      await stage.newRoute(channel_id);
    }
    const keys = Array.from({ length: 2 }, () => stage.newName('greedy'));
    expect((await stage.app.call(`/v1/request-logs?workspace=${workspace}`, { body: keys.flatMap((key, place) => Array.from({ length: 30 }, (_, index) => JSON.stringify({
      time: Date.now() - 60_000 + index * 10, request_id: stage.newName(key), key_id: key, workspace_id: workspace, method: 'GET', path: '/', status: 403, address: `60.${place}.0.9`, user_agent: key,
    }))).join('\n') })).status).toBe(200);
    await stage.app.detect();
    const greedy = stage.tell();
    await waitFor(() => holding >= HANGING, { what: 'receivers to hang' });
    const good = await stage.newHook();
    await stage.misuse();
    const telling = stage.tell();
    await waitFor(() => stage.receiver.received.some(({ path }) => path === '/in'), { what: 'the other workspace\'s channel to be told' });
    expect(await stage.deliveries(`channel_id=${good.channel_id}`)).toMatchObject([{ attempts: 1 }]);
    expect(heldMeanwhile).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(MOST_OF_WORKSPACE);
    await Promise.all([greedy, telling]);
  }, 120_000);
});
