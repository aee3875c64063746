namespace Podwire.ApiServer.Rest;

/// <summary>Taken resources; given back by Dispose unless committed.</summary>
internal interface IReservation : IDisposable
{
    /// <summary>The write is done: keep what was taken, give back what the object no longer uses.</summary>
    void Commit();
}
