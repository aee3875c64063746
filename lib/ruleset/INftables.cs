namespace Podwire.Ruleset;

/// <summary>The nftables of one network namespace: the kernel's (lib/netlink) or a fake that obeys the same rules.</summary>
public interface INftables
{
    /// <summary>The generation: it grows by one with every committed batch, whoever made it.</summary>
    uint GetGeneration();

    /// <summary>The table as it is, or null.</summary>
    Table? ReadTable(TableId id);

    /// <summary>Applies a batch as one transaction.</summary>
    /// <param name="batch">The changes; an empty batch does nothing.</param>
    /// <param name="generation">If given, the batch is refused with ERESTART when the generation is another by now.</param>
    /// <exception cref="NftException">The batch was refused; nothing took effect.</exception>
    void Apply(NftBatch batch, uint? generation = null);
}
