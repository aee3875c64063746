namespace Podwire.Bgp.Wire;

/// <summary>The error code of a NOTIFICATION (RFC 4271 section 4.5, RFC 7313 section 5).</summary>
public enum BgpErrorCode : byte
{
    /// <summary>Subcodes: <see cref="BgpSubcode"/>.Header....</summary>
    MessageHeader = 1,

    /// <summary>Subcodes: <see cref="BgpSubcode"/>.Open....</summary>
    OpenMessage = 2,

    /// <summary>Subcodes: <see cref="BgpSubcode"/>.Update....</summary>
    UpdateMessage = 3,

    /// <summary>Nothing was heard within the hold time.</summary>
    HoldTimerExpired = 4,

    /// <summary>A message that the state does not expect (subcodes of RFC 6608).</summary>
    FiniteStateMachine = 5,

    /// <summary>The session is ended on purpose (subcodes of RFC 4486).</summary>
    Cease = 6,

    /// <summary>A malformed ROUTE-REFRESH.</summary>
    RouteRefreshMessage = 7,
}
