//! Tags and exceptions as the embedder makes and sees them.

use crate::common::instance;
use trapline::{
    Engine, Error, ExnRef, Extern, ExternRef, ExternType, FuncType, Global, GlobalType, HeapType,
    Instance, LinkError, Linker, Module, Mutability, Ref, RefType, Store, Table, TableType, Tag,
    TagType, Val, ValType,
};

fn tag(store: &mut Store<()>, params: &[ValType]) -> Tag {
    let ty = TagType::new(FuncType::new(params.iter().copied(), []));
    Tag::new(store, &ty).unwrap()
}

#[test]
fn a_tag_is_itself_and_not_its_type() {
    let mut store = Store::new(&Engine::default(), ());
    let first = tag(&mut store, &[ValType::I32]);
    let second = tag(&mut store, &[ValType::I32]);
    assert_ne!(first, second);
    assert_eq!(first.ty(&store), second.ty(&store));
    assert_eq!(first.name(&store), None);
    let results = TagType::new(FuncType::new([], [ValType::I32]));
    assert!(matches!(
        Tag::new(&mut store, &results),
        Err(Error::Signature(_))
    ));
}

#[test]
fn tags_have_the_names_that_their_modules_give_them() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Module::new(
        &engine,
        r#"(module
            (tag $inside)
            (tag $named (export "one"))
            (tag (;2;) (export "two") (param f32)))"#,
    )
    .unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let name = |name| instance.get_tag(&store, name).unwrap().name(&store);
    assert_eq!(name("one").as_deref(), Some("named"));
    assert_eq!(name("two").as_deref(), Some("two"));
    let types: Vec<_> = module.exports().map(|export| export.ty()).collect();
    assert_eq!(types[1].to_string(), "tag (f32) -> ()");
    assert_eq!(types[1].tag().unwrap().ty().params(), [ValType::F32]);
    let item = instance.get_export(&store, "two").unwrap();
    assert_eq!(item.ty(&store), types[1]);
    assert!(item.into_func().is_none());
}

#[test]
fn a_tag_is_imported_as_the_same_type_only() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let int = tag(&mut store, &[ValType::I32]);
    let mut linker = Linker::new(&engine);
    linker.define(&store, "host", "tag", int).unwrap();
    let wat = r#"(module (import "host" "tag" (tag (param i64))))"#;
    let module = Module::new(&engine, wat).unwrap();
    let error = linker.instantiate(&mut store, &module).unwrap_err();
    let Error::Link(error) = error else {
        panic!("{error}");
    };
    assert!(matches!(
        &*error,
        LinkError::IncompatibleImport {
            found: ExternType::Tag(_),
            ..
        }
    ));
    assert!(Instance::new(&mut store, &module, &[Extern::Tag(int)]).is_err());
}

#[test]
fn an_exception_is_made_of_values_of_its_tags_types() {
    let mut store = Store::new(&Engine::default(), ());
    let types = [
        ValType::I32,
        ValType::V128,
        ValType::EXTERNREF,
        ValType::EXNREF,
    ];
    let tag = tag(&mut store, &types);
    let null = || {
        [
            Val::I32(1),
            Val::V128(2.into()),
            Val::ExternRef(None),
            Val::ExnRef(None),
        ]
    };
    let inner = ExnRef::new(&mut store, &tag, &null()).unwrap();
    let text = ExternRef::new("text");
    let fields = [
        Val::I32(-1),
        Val::V128(u128::MAX.into()),
        text.clone().into(),
        inner.clone().into(),
    ];
    let exception = ExnRef::new(&mut store, &tag, &fields).unwrap();
    let back = exception.fields(&store);
    assert_eq!(back[0].unwrap_i32(), -1);
    assert_eq!(back[1].unwrap_v128().as_u128(), u128::MAX);
    assert!(back[2].unwrap_externref().unwrap().ptr_eq(&text));
    assert!(back[3].unwrap_exnref().unwrap().ptr_eq(&inner));
    assert!(!inner.ptr_eq(&exception));

    let few = ExnRef::new(&mut store, &tag, &[Val::I32(1)]);
    assert!(matches!(few, Err(Error::Signature(_))));
    let mut wrong = null();
    wrong[3] = Val::ExternRef(None);
    let wrong = ExnRef::new(&mut store, &tag, &wrong);
    assert!(matches!(wrong, Err(Error::Value { .. })));
}

#[test]
fn exceptions_go_through_functions_tables_and_globals() {
    let (mut store, instance) = instance(
        r#"(module
            (tag $t (param i32))
            (global (export "global") (mut exnref) (ref.null exn))
            (table (export "table") 2 exnref)
            (func (export "same") (param exnref) (result exnref) (local.get 0))
            (func (export "throw") (param (ref exn)) (throw_ref (local.get 0)))
            (func (export "null") (param nullexnref) (result exnref) (local.get 0)))"#,
    );
    let int = tag(&mut store, &[ValType::I32]);
    let exception = ExnRef::new(&mut store, &int, &[Val::I32(4)]).unwrap();
    type Nullable = Option<ExnRef>;
    let same = instance
        .get_typed_func::<Nullable, Nullable>(&store, "same")
        .unwrap();
    let back = same.call(&mut store, Some(exception.clone())).unwrap();
    assert!(back.unwrap().ptr_eq(&exception));
    assert!(same.call(&mut store, None).unwrap().is_none());

    let throw = instance
        .get_typed_func::<ExnRef, ()>(&store, "throw")
        .unwrap();
    let error = throw.call(&mut store, exception.clone()).unwrap_err();
    assert!(error.exception().unwrap().exn().ptr_eq(&exception));

    let global = instance.get_global(&store, "global").unwrap();
    global.set(&mut store, exception.clone().into()).unwrap();
    let back = global.get(&store);
    assert!(back.unwrap_exnref().unwrap().ptr_eq(&exception));
    let table = instance.get_table(&store, "table").unwrap();
    table.set(&mut store, 1, exception.clone().into()).unwrap();
    assert!(table.get(&mut store, 0).unwrap().is_null());
    assert!(matches!(table.get(&mut store, 1), Some(Ref::Exn(Some(_)))));
    assert!(global.set(&mut store, Val::ExternRef(None)).is_err());

    // The type without values but null.
    let null = instance.get_func(&store, "null").unwrap();
    let ty = null.ty(&store);
    let no_exception = RefType {
        nullable: true,
        heap: HeapType::NoExn,
    };
    assert_eq!(ty.params(), [ValType::Ref(no_exception)]);
    assert_eq!(ty.to_string(), "(nullexnref) -> exnref");
    let mut result = [Val::I32(0)];
    null.call(&mut store, &[Val::ExnRef(None)], &mut result)
        .unwrap();
    assert!(result[0].unwrap_exnref().is_none());
    let refused = null.call(&mut store, &[exception.clone().into()], &mut result);
    assert!(matches!(refused, Err(Error::Value { .. })));

    let ty = GlobalType::new(ValType::EXNREF, Mutability::Var);
    Global::new(&mut store, ty, exception.clone().into()).unwrap();
    let ty = TableType::new(RefType::EXNREF, 3, None);
    let table = Table::new(&mut store, ty, exception.into()).unwrap();
    assert!(!table.get(&mut store, 2).unwrap().is_null());
}

#[test]
fn handles_of_another_store_are_noticed() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut other = Store::new(&engine, ());
    let own = tag(&mut store, &[]);
    let exception = ExnRef::new(&mut store, &own, &[]).unwrap();
    let check = |what: &dyn Fn()| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(what)).unwrap_err();
        let message = panic.downcast_ref::<&str>().unwrap();
        assert!(message.contains("does not belong to"), "{message}");
    };
    check(&|| drop(own.ty(&other)));
    check(&|| drop(own.name(&other)));
    check(&|| {
        exception.tag(&other);
    });
    check(&|| drop(exception.fields(&other)));
    let taking = std::panic::AssertUnwindSafe(|| ExnRef::new(&mut other, &own, &[]));
    assert!(std::panic::catch_unwind(taking).is_err());
}
