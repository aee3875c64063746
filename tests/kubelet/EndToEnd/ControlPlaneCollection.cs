namespace Podwire.Kubelet.Tests.EndToEnd;

[CollectionDefinition(ControlPlane.Collection)]
public sealed class ControlPlaneCollection : ICollectionFixture<ControlPlane>;
