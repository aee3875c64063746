namespace Podwire.NetPolicy.Apply;

/// <summary>What a synchronisation came to.</summary>
/// <param name="Batches">Transactions that were committed.</param>
/// <param name="Elements">Elements that they added or removed.</param>
/// <param name="Operations">Operations in them.</param>
internal readonly record struct SyncOutcome(int Batches, int Elements, int Operations);
