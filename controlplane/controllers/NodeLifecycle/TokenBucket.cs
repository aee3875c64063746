namespace Podwire.Controllers.NodeLifecycle;

/// <summary>Lets so many through in a second, at most one at once. Not thread-safe.</summary>
internal sealed class TokenBucket(double perSecond, TimeProvider time)
{
    private DateTimeOffset next = DateTimeOffset.MinValue;

    /// <summary>True if one may go now.</summary>
    public bool TryTake()
    {
        var now = time.GetUtcNow();
        if (perSecond <= 0 || now < next)
        {
            return false;
        }

        next = now + TimeSpan.FromSeconds(1 / perSecond);
        return true;
    }
}
