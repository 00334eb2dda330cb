namespace DctNet.Service.Tests.Ledger;

/// <summary>The tests that share one PostgreSQL server; one of them crashes it, so they take turns.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresGroup : ICollectionFixture<PostgresCluster>
{
    public const string Name = "PostgreSQL";
}
