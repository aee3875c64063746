namespace Podwire.Netlink.Nftables;

/// <summary>
/// The virtual machine's 16 registers of 4 bytes as slots 0 to 15 (NFT_REG32_00 = 8 and on), which are the same memory as four registers of
/// 16 bytes (NFT_REG_1 = 1 to 4). Register 0 takes verdicts.
/// </summary>
internal static class Register
{
    /// <summary>NFT_REG_VERDICT.</summary>
    public const uint Verdict = 0;

    /// <summary>How many slots there are.</summary>
    public const int Slots = 16;

    /// <summary>How the kernel names a slot; the first one as nft does.</summary>
    public static uint Of(int slot) => slot is >= 0 and < Slots
        ? slot == 0 ? 1 : 8 + (uint)slot
        : throw new ArgumentException($"the expression needs more than {Slots} registers", nameof(slot));

    /// <summary>The slot of a register, or -1 for the verdict and for numbers that are none.</summary>
    public static int Slot(uint register) => register switch
    {
        >= 1 and <= 4 => ((int)register - 1) * 4,
        >= 8 and < 8 + Slots => (int)register - 8,
        _ => -1,
    };

    /// <summary>How many slots so many bytes take.</summary>
    public static int SlotsFor(int bytes) => (bytes + 3) / 4;
}
