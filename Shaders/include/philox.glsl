// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011), the twin of Sources/Tensors/Random.

uvec4 philox(uvec4 counter, uvec2 key) {
  for (uint round = 0; round < 10; round++) {
    if (round > 0) key += uvec2(0x9E3779B9u, 0xBB67AE85u);
    uint left_high, left_low, right_high, right_low;
    umulExtended(counter.x, 0xD2511F53u, left_high, left_low);
    umulExtended(counter.z, 0xCD9E8D57u, right_high, right_low);
    counter = uvec4(
      right_high ^ counter.y ^ key.x, right_low, left_high ^ counter.w ^ key.y, left_low);
  }
  return counter;
}
