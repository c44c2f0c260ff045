// Settings of outgoing requests: which addresses webhooks and pictures' URLs may have.
import Type from 'typebox';
import type { OutboundRules } from './url-rules.ts';

export const outboundSettings = {
  OUTBOUND_ALLOW: Type.Enum(['public', 'loopback', 'private'], {
    default: 'public',
    description:
      'Which addresses webhooks and image_url may reach: public ones over https; for development also loopback, or loopback and private ones, then also over http',
  }),
  OUTBOUND_PORTS: Type.String({
    pattern: '^\\d{1,5}(,\\d{1,5})*$',
    default: '443,8443',
    description:
      'Ports that webhooks and image_url may name, with commas; while OUTBOUND_ALLOW is not public, also 80 and those from 1024',
  }),
};

export function readOutboundRules(settings: {
  OUTBOUND_ALLOW: OutboundRules['allow'];
  OUTBOUND_PORTS: string;
}): OutboundRules {
  const ports = new Set(settings.OUTBOUND_PORTS.split(',').map(Number));
  return { allow: settings.OUTBOUND_ALLOW, ports };
}
