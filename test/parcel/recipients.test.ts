import { describe, expect, it } from 'vitest';
import { isAddressed, isRecipient, type Addressee } from '../../src/parcel/recipients.ts';

const node: Addressee = {
  guid: '0e4b1a1c-7c53-4b52-9d8a-3f9c7b0e2d11',
  role: 'kiosk',
  groups: ['north', 'pilot'],
};

describe('a recipient', () => {
  it('is all, a role, a group or a GUID, each in one spelling', () => {
    const some = [
      'all',
      'role:kiosk',
      'role:office',
      'group:north',
      'group:a.b_c-1',
      `group:${'x'.repeat(64)}`,
      node.guid,
    ];
    expect(some.filter(isRecipient)).toEqual(some);
    const none = [
      '',
      'All',
      ' all',
      'all ',
      'kiosk',
      'role:',
      'role:Kiosk',
      'role:king',
      'group:',
      'group:North',
      'group:-x',
      'group:a b',
      'group:é',
      `group:${'x'.repeat(65)}`,
      node.guid.toUpperCase(),
      node.guid.replaceAll('-', ''),
      `{${node.guid}}`,
      `${node.guid}\n`,
      'group:north\n',
      '*',
    ];
    expect(none.filter(isRecipient)).toEqual([]);
  });

  it('names this node by all, its GUID, its role or one of its groups', () => {
    for (const who of ['all', node.guid, 'role:kiosk', 'group:north', 'group:pilot'])
      expect([who, isAddressed([who], node)]).toEqual([who, true]);
  });

  it('leaves this node out when it names another GUID, role or group, or nobody', () => {
    const others = [
      '1e4b1a1c-7c53-4b52-9d8a-3f9c7b0e2d11',
      'role:ferry',
      'group:nor',
      'group:northern',
      'group:role:kiosk',
    ];
    expect(isAddressed(others, node)).toBe(false);
    expect(isAddressed([], node)).toBe(false);
    expect(isAddressed(['group:kiosk', 'group:all'], { ...node, groups: [] })).toBe(false);
  });

  it('names this node as soon as one of several does', () => {
    expect(isAddressed(['role:ferry', 'group:south', 'group:pilot'], node)).toBe(true);
  });
});
