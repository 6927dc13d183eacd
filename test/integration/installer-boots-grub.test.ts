import { testInstallerBoots } from '../support/installer-boots.ts';

testInstallerBoots(['grubRescue']);
