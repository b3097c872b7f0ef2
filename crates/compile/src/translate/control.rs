//! Blocks, loops, conditions and branches.
//!
//! A frame's join, the block after its end, is made when the first branch leads there. So a
//! `block` that nothing leaves early, and every `loop`'s end, costs no basic block.

use super::effects::Label;
use super::function::{FunctionTranslator, State};
use super::state::{BlockType, Frame, FrameKind, Otherwise};
use crate::module::ModuleInfo;
use crate::parse::val_type;
use crate::trap::TrapKind;
use crate::types::{TypeIndex, ValType};
use crate::validate::invalid;
use crate::{CompileError, abi};
use cranelift_codegen::ir::{Block, InstBuilder, JumpTableData};
use cranelift_frontend::FunctionBuilder;
use wasmparser::BrTable;

/// A block with parameters for values of these types.
fn block_with_params(builder: &mut FunctionBuilder<'_>, params: &[ValType]) -> Block {
    let block = builder.create_block();
    for &ty in params {
        builder.append_block_param(block, abi::value_type(ty));
    }
    block
}

/// The target of one more branch to a frame's label, and how many values it takes.
fn branch_target(
    builder: &mut FunctionBuilder<'_>,
    info: &ModuleInfo,
    frame: &mut Frame,
) -> (Block, usize) {
    if let FrameKind::Loop { header } = frame.kind {
        return (header, frame.ty.params(info).len());
    }
    let results = frame.ty.results(info);
    frame.edges += 1;
    let join = frame
        .join
        .expand()
        .unwrap_or_else(|| block_with_params(builder, results));
    frame.join = join.into();
    (join, results.len())
}

impl FunctionTranslator<'_> {
    pub(super) fn block_type(&self, ty: wasmparser::BlockType) -> BlockType {
        match ty {
            wasmparser::BlockType::Empty => BlockType::Empty,
            wasmparser::BlockType::Type(ty) => BlockType::Result(val_type(ty)),
            wasmparser::BlockType::FuncType(index) => {
                BlockType::Function(self.env.info.types[TypeIndex::from_u32(index)])
            }
        }
    }

    /// The height of the operand stack below the parameters of a frame that begins here.
    pub(super) fn height_below(&self, ty: BlockType) -> usize {
        self.state.operands.height() - ty.params(self.env.info).len()
    }

    pub(super) fn push_frame(
        &mut self,
        kind: FrameKind,
        ty: BlockType,
        height: usize,
    ) -> &mut Frame {
        self.state.controls.push(Frame {
            kind,
            ty,
            height,
            join: None.into(),
            edges: 0,
            edge: None.into(),
        });
        self.state.controls.at(0)
    }

    /// Pushes a block's parameters as values of these types.
    pub(super) fn push_block_params(&mut self, block: Block, types: &[ValType]) {
        self.pass_values(types.len());
        for (index, &ty) in types.iter().enumerate() {
            let value = self.builder.block_params(block)[index];
            self.push(value, ty);
        }
        self.operands_in_slots(types.len());
    }

    pub(super) fn block(&mut self, ty: wasmparser::BlockType) {
        let ty = self.block_type(ty);
        let height = self.height_below(ty);
        self.push_frame(FrameKind::Block, ty, height);
    }

    pub(super) fn loop_(&mut self, ty: wasmparser::BlockType) {
        let ty = self.block_type(ty);
        let height = self.height_below(ty);
        let params = ty.params(self.env.info);
        let header = block_with_params(&mut self.builder, params);
        self.settle_below(self.state.operands.height());
        self.collect_block_args(params.len());
        self.store_for_label(height, params.len());
        self.builder.ins().jump(header, &self.state.block_args);
        self.push_frame(FrameKind::Loop { header }, ty, height);
        self.state.operands.truncate(height);
        self.switch_to_block(header);
        self.push_block_params(header, params);
        self.label(Label::Loop);
    }

    pub(super) fn if_(&mut self, ty: wasmparser::BlockType) {
        let condition = self.pop_condition();
        self.settle_below(self.state.operands.height());
        let ty = self.block_type(ty);
        let height = self.height_below(ty);
        let params = ty.params(self.env.info).len();
        let then = self.builder.create_block();
        if let BlockType::Empty = ty {
            let join = self.builder.create_block();
            let branch = self.builder.ins().brif(condition, then, &[], join, &[]);
            let kind = FrameKind::If {
                otherwise: Otherwise::Join(branch),
            };
            let frame = self.push_frame(kind, ty, height);
            frame.join = join.into();
            frame.edges = 1;
        } else {
            // Both arms begin with the parameters: they are kept for the second while the first
            // consumes them. They are plain, for the first block to dominate what is made of them.
            self.settle(params);
            let otherwise = self.builder.create_block();
            self.builder
                .ins()
                .brif(condition, then, &[], otherwise, &[]);
            self.builder.seal_block(otherwise);
            self.pass_values(params);
            let State {
                saved, operands, ..
            } = &mut *self.state;
            saved.extend_from_slice(operands.top(params));
            let kind = FrameKind::If {
                otherwise: Otherwise::Block(otherwise),
            };
            self.push_frame(kind, ty, height);
        }
        self.builder.seal_block(then);
        self.switch_to_block(then);
        self.label(Label::Arm);
    }

    pub(super) fn else_(&mut self) {
        let mut frame = self.state.controls.pop();
        let FrameKind::If { otherwise } = frame.kind else {
            unreachable!("validated code has an `else` in an `if` only");
        };
        if self.reachable {
            self.jump_to_label(&mut frame);
        }
        let block = match otherwise {
            Otherwise::Block(block) => block,
            Otherwise::Join(branch) => {
                let join = frame.join.expect("the branch leads there");
                let block = self.builder.create_block();
                self.builder.change_jump_destination(branch, join, block);
                self.builder.seal_block(block);
                frame.edges -= 1;
                block
            }
        };
        frame.kind = FrameKind::Else;
        self.state.operands.truncate(frame.height);
        if let Otherwise::Block(_) = otherwise {
            self.restore_params(frame.ty);
        }
        self.state.controls.push(frame);
        self.switch_to_block(block);
        self.label(Label::Arm);
    }

    pub(super) fn end(&mut self) {
        let mut frame = self.state.controls.pop();
        match frame.kind {
            FrameKind::Loop { header } => {
                self.state.locals.seal_loop(&self.builder, header);
                self.builder.seal_block(header);
            }
            FrameKind::If {
                otherwise: Otherwise::Block(block),
            } => {
                // There is no `else`, so the parameters are the results.
                if self.reachable {
                    self.jump_to_label(&mut frame);
                }
                self.state.operands.truncate(frame.height);
                self.restore_params(frame.ty);
                self.switch_to_block(block);
                self.label(Label::Arm);
            }
            FrameKind::TryTable => self.end_try_table(),
            _ => {}
        }
        if frame.edges > 0 {
            if self.reachable {
                self.jump_to_label(&mut frame);
            }
            let join = frame.join.expect("edges lead there");
            self.builder.seal_block(join);
            self.switch_to_block(join);
            self.state.operands.truncate(frame.height);
            self.push_block_params(join, frame.ty.results(self.env.info));
            self.label(Label::Join);
        }
        if let FrameKind::Function = frame.kind
            && self.reachable
        {
            self.return_();
        }
    }

    /// Pushes what an `if` has kept for its second arm.
    fn restore_params(&mut self, ty: BlockType) {
        let params = ty.params(self.env.info).len();
        let first = self.state.saved.len() - params;
        for index in first..self.state.saved.len() {
            self.state.operands.push(self.state.saved[index]);
        }
        self.state.saved.truncate(first);
    }

    /// Jumps to a frame's label with the values on top of the stack, which stay there.
    fn jump_to_label(&mut self, frame: &mut Frame) {
        let (block, count) = branch_target(&mut self.builder, self.env.info, frame);
        self.settle_below(frame.height);
        self.collect_block_args(count);
        self.store_for_label(frame.height, count);
        self.builder.ins().jump(block, &self.state.block_args);
    }

    pub(super) fn br(&mut self, depth: u32) {
        let frame = self.state.controls.at(depth);
        if let FrameKind::Function = frame.kind {
            return self.return_();
        }
        let height = frame.height;
        let (block, count) = branch_target(&mut self.builder, self.env.info, frame);
        self.settle_below(height);
        self.collect_block_args(count);
        self.store_for_label(height, count);
        self.builder.ins().jump(block, &self.state.block_args);
        self.set_unreachable();
    }

    pub(super) fn br_if(&mut self, depth: u32) {
        let condition = self.pop_condition();
        let frame = self.state.controls.at(depth);
        let height = frame.height;
        let (block, count) = branch_target(&mut self.builder, self.env.info, frame);
        let next = self.builder.create_block();
        self.settle_below(self.state.operands.height());
        if self.can_store_ahead_of_branch(height, count) {
            self.collect_block_args(count);
            self.store_for_label(height, count);
            self.builder
                .ins()
                .brif(condition, block, &self.state.block_args, next, &[]);
        } else {
            self.settle(count);
            let edge = self.builder.create_block();
            self.builder.ins().brif(condition, edge, &[], next, &[]);
            self.builder.seal_block(edge);
            self.switch_to_block(edge);
            self.store_for_label(height, count);
            self.collect_block_args(count);
            self.builder.ins().jump(block, &self.state.block_args);
        }
        self.builder.seal_block(next);
        self.switch_to_block(next);
        self.label(Label::NotTaken);
    }

    pub(super) fn br_table(&mut self, targets: &BrTable<'_>) -> Result<(), CompileError> {
        let index = self.pop();
        self.settle_below(self.state.operands.height());
        let default = self.table_target(targets.default())?;
        self.state.targets.clear();
        for depth in targets.targets() {
            let block = self.table_target(depth.map_err(invalid)?)?;
            let call = self.builder.func.dfg.block_call(block, &[]);
            self.state.targets.push(call);
        }
        let default = self.builder.func.dfg.block_call(default, &[]);
        let table = JumpTableData::new(default, &self.state.targets);
        let table = self.builder.create_jump_table(table);
        self.builder.ins().br_table(index, table);
        self.finish_edges();
        self.set_unreachable();
        Ok(())
    }

    /// The block for an entry of a `br_table`. If the label takes values, it is a block that will
    /// pass them on, the same for all entries with this label: many entries often share one, and
    /// each would carry the values by itself otherwise.
    fn table_target(&mut self, depth: u32) -> Result<Block, CompileError> {
        let frame = self.state.controls.at(depth);
        if frame.arity(self.env.info) == 0 {
            return Ok(branch_target(&mut self.builder, self.env.info, frame).0);
        }
        if let Some(edge) = frame.edge.expand() {
            return Ok(edge);
        }
        let edge = self.builder.create_block();
        frame.edge = edge.into();
        self.state.edges.push((depth, edge));
        let arity = frame.arity(self.env.info);
        self.pass_values(arity);
        self.check_size()?;
        Ok(edge)
    }

    /// Fills the blocks that pass the values of a `br_table` on.
    fn finish_edges(&mut self) {
        while let Some((depth, edge)) = self.state.edges.pop() {
            self.builder.seal_block(edge);
            self.switch_to_block(edge);
            let frame = self.state.controls.at(depth);
            let height = frame.height;
            frame.edge = None.into();
            let (block, count) = branch_target(&mut self.builder, self.env.info, frame);
            self.collect_block_args(count);
            self.store_for_label(height, count);
            self.builder.ins().jump(block, &self.state.block_args);
        }
    }

    pub(super) fn return_(&mut self) {
        let count = self.env.info.signatures[self.signature].results().len();
        self.state.values.clear();
        self.pop_values(count);
        self.builder.ins().return_(&self.state.values);
        self.set_unreachable();
    }

    pub(super) fn unreachable(&mut self) {
        self.trap(TrapKind::Unreachable);
    }

    /// Raises a trap for certain.
    pub(super) fn trap(&mut self, kind: TrapKind) {
        // The optimizer turns a branch to a block that only traps into a conditional trap, which
        // would then be reported where the branch stands.
        self.builder.ins().sequence_point();
        self.builder.ins().trap(kind.code());
        self.set_unreachable();
    }

    /// `select` of either kind.
    pub(super) fn select(&mut self) {
        let condition = self.pop_condition();
        self.settle(2);
        let second = self.state.operands.pop();
        let first = self.state.operands.pop();
        let value = self
            .builder
            .ins()
            .select(condition, first.value, second.value);
        self.push(value, first.ty);
    }
}
