import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { queryClient } from './api/query-client.js';
import { router } from './router.js';
import { styleNonce } from './style-nonce.js';
import { theme } from './theme.js';
import { TimeProvider } from './time/time-context.js';

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => styleNonce}>
      <QueryClientProvider client={queryClient}>
        <TimeProvider>
          <RouterProvider router={router} />
          <Notifications position="bottom-right" />
        </TimeProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
