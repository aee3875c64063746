using Podwire.Ruleset;

namespace Podwire.Proxy.Apply;

/// <summary>
/// Tells whether anybody else committed a transaction: the generation of a network namespace grows by one with every commit,
/// ours or others'. Cheap enough to ask at any time, where reading tables back is not.
/// </summary>
internal sealed class GenerationWatch(INftables nft)
{
    private uint known = nft.GetGeneration();
    private bool others;

    /// <summary>We committed this many transactions since the last call.</summary>
    public void Committed(int count)
    {
        var now = nft.GetGeneration();
        others |= now != known + (uint)count;
        known = now;
    }

    /// <summary>True if others committed since the last call of this method.</summary>
    public bool TakeOthers()
    {
        Committed(0);
        var result = others;
        others = false;
        return result;
    }
}
