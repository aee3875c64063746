namespace Podwire.NetPolicy.Compile;

/// <summary>What all rules depend on beside the policies.</summary>
/// <param name="KeepEstablished">Connections that were accepted once go on, whatever policies say later.</param>
internal sealed record TableSettings(bool KeepEstablished = false);
