"""Correction for many voxels: functions of a result that give a new one."""
